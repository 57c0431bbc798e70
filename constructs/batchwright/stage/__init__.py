"""A stage, and what its batches share."""
