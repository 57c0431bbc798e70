"""The batch tick."""
