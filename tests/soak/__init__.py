"""The soak and the nights: seeded random mixtures of trouble around the installed command, judged by what happened.

    make soak                      200 runs of a random seed: one batch under all trouble that there is
    make nights                    25 nights with about 100 runs: several batches of one stage at once
    make soak SEED=7               the same runs again
    make nights SEED=7 NIGHT=3     one of them, with all that it did

Both are planned (`runs` and `nights`, pure: a seed and a number always give the same `plan.Plan`), played against the
stand-in for AWS (`play`), and written down as facts (`facts`): what the world did to each task, and what each command
was given, received and printed. `oracle` says which exit codes the table of docs/exit-codes.md allows for these facts,
and `checks` compares. Neither asks the runner's code for anything: a wrong verdict of it must not be right by its own
measure.

A night plays what lies between batches: one run id for all of them, machines (their real definitions, interpreted),
pauses, services that fail in the first ten seconds, credentials that are renewed, files of others. `between` judges it:
each observer's exit code is the truth of its own batch, a task whose runner lives has its deadline within a minute, and
nothing is stopped that was not meant.
"""
