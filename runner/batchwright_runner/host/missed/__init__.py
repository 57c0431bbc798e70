"""Which runs of a stage did not come: what is looked at for that, and how it is shown."""
