"""What people are told of a run's end: what is said, and how each channel is given it.

The stage's alerts function says it by them, and so do `batchwright alerts preview` and the documents. Standard library
only.
"""
