"""Runs of workflows on this machine: the rules of the contract, and a thread for each step in progress."""
