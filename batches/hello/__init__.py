"""The batch hello."""
