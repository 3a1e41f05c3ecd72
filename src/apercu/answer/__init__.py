"""From what is known to an answer.

Sentences with the words they rest on, the gate that lets them through, and the forms in which they are shown.
"""
