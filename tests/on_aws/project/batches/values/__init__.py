"""The batch values."""
