"""What a batch's state machine asks: may it start, what was that end, and what comes next.

`gate` and `judge` answer, each by facts that the function of the stage has read; `memo` is what the machine keeps
between two questions; `intake` takes its input, `seen` what ``.sync`` gave, `figures` says how often and how long.
"""
