"""A deployed stage, as every verb enters it."""
