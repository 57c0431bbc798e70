"""A batch with all that a start needs."""
