"""Calls to AWS for what takes many of them: each is repeated by itself, and one that fails for good is an error."""

from collections.abc import Iterator
from contextlib import contextmanager

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import RUN_HINT, PatientAws
from batchwright_runner.host.stage.session import Stage


@contextmanager
def patient(stage: Stage, failure: str, *, hint: str = RUN_HINT) -> Iterator[PatientAws]:
    """Gives a client for work that needs many calls.

    `failure`: what fails with the calls, for the message: "the runs cannot be seen".
    """
    try:
        yield PatientAws(stage.aws, failure, stage.waiter, stage.tell, hint=hint)
    except ApiError as error:
        raise RunnerError(f"{failure}: {error}") from error
