"""The soak of a stage's alerts: nights of forty batches under random trouble, judged by what truly happened.

    make soak-alerts                      500 runs of a random seed
    make soak-alerts SEED=7               the same runs again
    make soak-alerts SEED=7 BATCH=b07     one batch of them, with all that happened to it

A night is planned (`generate`, pure: a seed always gives the same `plan.Night`) and played (`play`): the function is
called in this process, its clock is the night's, and it calls the stand-in for AWS without a network between them; its
channels are the night's own. `read` reads the messages as people do. `oracle` says which messages docs/alerts.md
promises for what happened, and `checks` compares. Neither asks the function's code for anything
but the fold of ends that readers use.
"""
