"""Descriptors 1 and 2: the batch's log, and what the runner says."""
