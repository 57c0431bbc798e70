"""The images of a registry: which there are, and for which CPU."""
