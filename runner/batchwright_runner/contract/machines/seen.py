"""What ``ecs:runTask.sync`` gave a machine: a task, made as DescribeTasks gives it, or an error. Pure.

What it calls success is never used: it fails on a sidecar's code, at least sometimes, and whether it fails after a
StopTask where all codes are 0 is not documented. Its result and its error hold the same task.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from batchwright_runner.contract.json_text import object_or_empty
from batchwright_runner.contract.judgment.state import MOMENTS
from batchwright_runner.contract.stop_reasons import TEMPORARY_FAILURES, is_temporary
from batchwright_runner.contract.task_request import as_api

TIMED_OUT = "States.Timeout"
_MILLISECONDS = 1e11
"""From this number on a moment is one of milliseconds."""

PASSING = ("ECS.ThrottlingException", "ECS.LimitExceededException")
"""Errors after which nothing was started, and a later start may work."""
DENIED = ("ecs:runtask", "iam:passrole")
"""What may be denied and means that nothing was started, in lower case. Step Functions is denied what it does after the
start by errors of the same names."""
REFUSED = (
    "AmazonECS.Unknown",
    "ECS.AmazonECSException",
    "ECS.BlockedException",
    "ECS.ClientException",
    "ECS.ClusterNotFoundException",
    "ECS.InvalidParameterException",
    "ECS.PlatformTaskDefinitionIncompatibilityException",
    "ECS.PlatformUnknownException",
    "ECS.UnsupportedFeatureException",
)
"""Errors of a request that ECS has answered: nothing was started. Whether a later start may work is in the text.
``AmazonECS.Unknown`` stands for an answer with ``failures`` (Step Functions user guide, "Run Amazon ECS or Fargate
tasks", 2026-11). After any other error, such as ``ECS.ServerException``, a task may have been started."""
THROTTLED = ("throttlingexception", "rate exceeded", "toomanyrequests")
"""In the text of a refusal by a quota, in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """What was given."""

    # The task, as DescribeTasks gives it; ``None`` where none was given
    task: Mapping[str, Any] | None = None
    error: str = ""
    cause: str = ""

    @classmethod
    def of(cls, given: Any) -> Self:  # noqa: ANN401 - JSON
        """Reads a result of ``.sync``, or an error."""
        whole = as_api(given) if isinstance(given, Mapping) else {}
        error, cause = (str(whole.get(field) or "") for field in ("error", "cause"))
        for found in (whole, as_api(object_or_empty(cause))):
            task = next(iter(found.get("tasks") or ()), found)
            if isinstance(task, Mapping) and task.get("taskArn"):
                return cls(task=_in_seconds(task), error=error, cause=cause)
        return cls(error=error, cause=cause)

    @property
    def why(self) -> str:
        """The error and its cause, for people."""
        return f"{self.error}: {self.cause}" if self.cause else self.error

    @property
    def is_refusal(self) -> bool:
        """Whether nothing was started."""
        return self.task is None and (self._denied or self.error in (*PASSING, *REFUSED))

    @property
    def passes(self) -> bool:
        """Whether a refusal may be gone on another try."""
        throttled = self.error in PASSING or any(part in self.cause.lower() for part in THROTTLED)
        return not self._denied and (
            throttled or any(part in self.cause for part in TEMPORARY_FAILURES) or is_temporary(self.cause)
        )

    @property
    def _denied(self) -> bool:
        text = f"{self.cause.lower()} "
        told = (text.partition(f"not authorized to perform: {action}")[2][:1] for action in DENIED)
        return any(after and not after.isalnum() for after in told)


def _in_seconds(task: Mapping[str, Any]) -> Mapping[str, Any]:
    """A task with its moments in seconds."""
    at = {name: task[name] for name in MOMENTS if isinstance(task.get(name), int | float)}
    return {**task, **{name: value / 1000 for name, value in at.items() if value >= _MILLISECONDS}}
