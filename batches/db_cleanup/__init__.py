"""The batch db-cleanup."""
