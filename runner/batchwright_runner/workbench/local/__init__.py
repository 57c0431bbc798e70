"""Runs of the synthesized batches on this machine."""
