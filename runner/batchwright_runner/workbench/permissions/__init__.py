"""What a batch may do, and what it did: in words, recorded, and compared."""
