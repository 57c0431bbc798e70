"""What would be said of a batch's runs, without anything being sent."""
