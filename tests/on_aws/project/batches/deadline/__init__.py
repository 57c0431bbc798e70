"""The batch deadline."""
