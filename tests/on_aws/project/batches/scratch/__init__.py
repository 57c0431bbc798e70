"""The batch scratch."""
