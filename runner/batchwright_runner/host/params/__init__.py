"""Parameters and secrets of a stage: what batches declare against what is there."""
