"""The batches of the journey."""
