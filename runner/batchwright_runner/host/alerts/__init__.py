"""A stage's alerts, as a person tries them: what would be said, and a message through the real path."""
