"""Two batches from one table."""
