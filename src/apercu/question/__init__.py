"""Read the question, and parse and write the prompt format."""
