"""The files of a new project and of a new batch."""
