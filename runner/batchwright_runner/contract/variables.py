"""Environment variables that every run has, whoever starts it."""

RUN_ID = "BATCHWRIGHT_RUN_ID"
"""The run's id."""
SCHEDULED_TIME = "BATCHWRIGHT_SCHEDULED_TIME"
"""The time for which the run was due, as ISO 8601 with an offset; empty where nobody knows it."""
