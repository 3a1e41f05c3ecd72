"""A small transformer that says what a question asks for: pieces of words, the network, and its weights."""
