"""Calls to AWS, and where a stage is. Knows no batch."""
