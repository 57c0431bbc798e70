"""Who is told of a run's end: what is declared of a stage's alerts, and the stack that is made of it."""
