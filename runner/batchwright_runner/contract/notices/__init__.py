"""Messages about the end of a run: what is in them, and the form that each channel takes.

The stage's alerts function says it by them, and so do `batchwright alerts preview` and the documents. Standard library
only.
"""
