"""A run as a plain process."""
