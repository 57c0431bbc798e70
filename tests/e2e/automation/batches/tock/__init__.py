"""A batch that applications start."""
