"""A stage's functions, which run the runner's own Python: one package with each one's handler, and how one is made."""
