"""Exports members, with each address as a keyed hash."""
