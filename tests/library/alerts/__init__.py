"""The stage's alerts."""
