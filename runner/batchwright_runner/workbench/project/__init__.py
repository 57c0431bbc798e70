"""What the project in this folder declares."""
