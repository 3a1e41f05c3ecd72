"""The ways to reach Apercu from outside."""
