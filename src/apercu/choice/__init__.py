"""Which model will measure best on a picture, as learned from measurements."""
