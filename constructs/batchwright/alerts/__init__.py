"""Who is told of a run's end: the stage's alerts machine, what it says, and the channels that it says it through."""
