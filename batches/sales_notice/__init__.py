"""The batch sales-notice."""
