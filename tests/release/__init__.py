"""What ``make release`` does: builds the distributions, looks at them, and tries them as new users would."""
