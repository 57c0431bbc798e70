"""Names of what a stage's alerts are made of, which both halves compute. Pure."""

from batchwright_runner.contract.names import cluster

HANDED_TYPE = "Batch run ended"
"""The detail type of an event by which a machine hands over the ARN of its execution, in the field ``execution``."""

RECORDS = "record"
"""The partition of the alerts' table that holds the records of batches, one each."""


def alerts_function(project: str, stage: str) -> str:
    """The Lambda function that decides who is notified of an end, and notifies them."""
    return f"{cluster(project, stage)}-alerts"


def alerts_test_function(project: str, stage: str) -> str:
    """The Lambda function that sends a test message to each channel, and can do nothing else."""
    return f"{alerts_function(project, stage)}-test"


def alerts_table(project: str, stage: str) -> str:
    """The DynamoDB table of last ends, and of messages that are still to be sent."""
    return f"{cluster(project, stage)}-alerts"


def events_queue(project: str, stage: str) -> str:
    """The SQS queue of what has happened in a stage, which the alerts function takes from."""
    return f"{cluster(project, stage)}-events"


def events_dead_letters(project: str, stage: str) -> str:
    """The SQS queue of what could not be treated, with why."""
    return f"{events_queue(project, stage)}-dead-letters"


def handed_source(project: str, stage: str) -> str:
    """The source of the events by which a machine says that an execution of its own has ended; see `HANDED_TYPE`."""
    return f"batchwright.{project}.{stage}"
