"""What a stage's alerts decide: of each end of a run, and of each minute. Pure; standard library only.

The stage's functions call it on AWS (`batchwright_runner.alerting`); docs and tests call the same here.
"""
