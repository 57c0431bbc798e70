"""Would a batch start: what is looked at before a run, read only."""
