"""A stage's alerts, as a person tries them: a message through every channel."""
