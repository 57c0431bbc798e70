"""The batch report."""
