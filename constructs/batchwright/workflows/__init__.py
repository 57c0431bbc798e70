"""Workflows: batches that run after and beside one another, declared as one."""
