"""Trying a stage's alerts."""
