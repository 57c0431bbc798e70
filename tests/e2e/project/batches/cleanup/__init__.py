"""The batch cleanup."""
