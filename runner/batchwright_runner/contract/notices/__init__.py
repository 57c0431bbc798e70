"""What people are told of a run's end: what is said, and how each channel is given it.

The stage's alerts machine says it, in JSONata; these functions say the same for `batchwright alerts preview`, for the
documents, and for the tests that hold the machine to them. Standard library only.
"""
