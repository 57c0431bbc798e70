"""Deletes old sessions from a SQLite database, a few rows at a time."""
