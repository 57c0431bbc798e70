"""The function that a stage's state machines ask: it reads what `contract.machines` decides by, and changes nothing."""
