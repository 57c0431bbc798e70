"""The batch sales-nightly."""
