"""A run, whatever runs it: the loop, the verdict, signals, what a stop reason means."""
