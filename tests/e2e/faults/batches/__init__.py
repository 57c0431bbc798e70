"""The batches in whose stage faults are planted."""
