"""Releases: which image a stage runs, who released it, and what it ran before."""
