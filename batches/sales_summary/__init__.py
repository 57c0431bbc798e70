"""The batch sales-summary."""
