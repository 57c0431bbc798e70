"""Batches that take all kinds of values."""
