"""The index of papers: words and meanings side by side, behind one interface."""
