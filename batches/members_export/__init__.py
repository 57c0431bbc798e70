"""The batch members-export."""
