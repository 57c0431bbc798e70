"""Nights: several batches of one stage at once, seeded at random, around the installed command.

    make nights                    25 nights of a random seed, with about 100 runs
    make nights SEED=7             the same nights again
    make nights SEED=7 NIGHT=3     one of them, with all that it did

`tests.soak` plays one batch under all trouble there is; a night plays what lies between batches: one run id for all of
them, machines (their real definitions, interpreted), pauses, services that fail in the first ten seconds, credentials
that are renewed, files of others. It is planned (`generate`, pure), played against the stand-in for AWS (`play`,
`machines`), written down as facts (`facts`) and judged (`checks`), by the soak's oracle for each batch and by what must
hold between them: each observer's exit code is the truth of its own batch, a task whose runner lives has its deadline
within a minute, and nothing is stopped that was not meant.
"""
