"""The batch sales-check."""
