"""Workflows, for both halves: what one is, its rules and its names. A package of its own; no AWS, no clock."""
