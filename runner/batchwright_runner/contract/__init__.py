"""What the two halves agree on: manifest, names, rules. Standard library only."""
