"""What AWS starts by itself: the state machine of a batch, and the schedule that starts it."""
