"""Images: what lies in the project's registry, and how it gets there."""
