"""The workflow chain."""
