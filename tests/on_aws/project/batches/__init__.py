"""The batches of the trial: each asks AWS one or two questions."""
