"""The workflow: a typed graph of steps that is validated, ordered, drawn, and then run as it stands."""
