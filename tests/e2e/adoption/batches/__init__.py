"""The batches of the house."""
