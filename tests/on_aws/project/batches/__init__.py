"""The batches of the hand check: each asks AWS one or two questions."""
