"""What the end of a run means, from what ECS says of its tasks. Pure."""
