"""What a stage's alerts decide: of each end of a run, and of each minute. Pure; standard library only.

The stage's function calls it on AWS (`batchwright_runner.alerting`), the verb ``alerts preview`` and the tests call the
same here.
"""
