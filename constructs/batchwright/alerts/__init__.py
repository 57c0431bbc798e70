"""Messages about the ends of runs: a stage's alerts as they are declared, and the stack that is made of them."""
