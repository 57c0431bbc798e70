"""The batch drain."""
