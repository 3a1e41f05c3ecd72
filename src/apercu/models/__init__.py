"""One file for each way to make a picture larger; all of them are `apercu.registry.Enlarger`."""
