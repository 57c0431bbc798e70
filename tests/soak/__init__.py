"""The soak: seeded random mixtures of trouble around the installed command, judged by what truly happened.

    make soak                      200 runs of a random seed
    make soak SEED=7               the same runs again
    make soak SEED=7 RUN=31        one of them, with all that it did

A run is planned (`generate`, pure: a seed and a number always give the same `plan.Plan`), played against the stand-in
for AWS (`play`), and written down as facts (`facts`): what the world did to each task, and what each command was told,
was answered and said. `oracle` says which exit codes the table of docs/exit-codes.md allows for these facts, and
`checks` compares. Neither asks the runner's code for anything: a wrong verdict of it must not be right by its own
measure.
"""
