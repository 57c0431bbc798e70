"""The batch nightly."""
