"""The workflow nightly."""
