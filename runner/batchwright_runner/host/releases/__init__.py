"""Releases: which image a stage runs, who said so, and what it ran before."""
