"""Environment variables that every run has, whoever starts it."""

RUN_ID = "BATCHWRIGHT_RUN_ID"
"""The run's id."""
SCHEDULED_TIME = "BATCHWRIGHT_SCHEDULED_TIME"
"""The time for which the run was due, as ISO 8601 with an offset; empty where it is not known."""
SCHEDULED_DATE = "BATCHWRIGHT_SCHEDULED_DATE"
"""The day of that time in the schedule's zone, ``2026-11-25``; empty where it is not known."""
BACKFILL = "BATCHWRIGHT_BACKFILL"
"""The id of the backfill that the run belongs to; not there for a run of none."""
EVERY_RUN = (RUN_ID, SCHEDULED_TIME, SCHEDULED_DATE, BACKFILL)
"""What a run gives its batch, so that no declaration can."""
BY_THE_CLOCK = "scheduled"
"""What a scheduler that knows no time says of a run that its clock has started, as Rundeck's ``job.executionType``."""
