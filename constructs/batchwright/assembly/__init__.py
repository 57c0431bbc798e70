"""What a synthesis writes at its end."""
