"""A run for each time that was due: what a backfill runs, and how it goes. Loaded when one is asked for."""
