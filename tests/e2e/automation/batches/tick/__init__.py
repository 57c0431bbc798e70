"""A batch that is due every minute."""
