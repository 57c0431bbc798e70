"""Running again what has failed: a workflow from where it came to, a batch as it was. Loaded only where it is asked."""
