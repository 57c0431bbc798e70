"""Reads from task definitions which variables their containers take from SSM and Secrets Manager."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from batchwright_runner.contract.stop_reasons import BATCH_AGAIN
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import OPERATE_HINT, patiently
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.terminal.text import sentence

AT_ONCE = 8
"""Task definitions that are asked for at the same time: ECS describes one a call."""


@dataclass(frozen=True, slots=True)
class StoredAt:
    """Where a variable's value is stored."""

    service: Literal["ssm", "secretsmanager"]
    # The parameter's name in the stage's account and region; its ARN elsewhere; the ARN of a secret
    name: str

    @property
    def place(self) -> tuple[str, str]:
        """The account and region that its ARN names; both empty for a name, which means those of the stage."""
        parts = self.name.split(":")
        return (parts[4], parts[3]) if parts[0] == "arn" else ("", "")

    @property
    def region(self) -> str:
        """The region that its ARN names; empty for a name."""
        return self.place[1]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that ECS sets when a container starts."""

    container: str
    name: str
    source: StoredAt


def read_variables(aws: Aws, arns: Sequence[str], waiter: Waiter) -> dict[str, list[Variable]]:
    """Reads the variables of task definitions, each definition once, several at the same time.

    Returns Task definition to its variables, in the order in which they are defined.
    """
    found: dict[str, list[Variable]] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        what = "task definitions cannot be read"
        patiently(lambda: _read(aws, pool.map, arns, found), what, waiter, hint=OPERATE_HINT)
    return found


def _read(
    aws: Aws, at_once: Callable[..., Iterator[Any]], arns: Sequence[str], found: dict[str, list[Variable]]
) -> None:
    """Reads those that were not read yet. It is repeated as a whole, so that no other thread has to wait or retry."""
    missing = [arn for arn in dict.fromkeys(arns) if arn not in found]
    failed: list[ApiError] = []
    for arn, answer in zip(missing, at_once(lambda arn: _describe(aws, arn), missing), strict=True):
        if isinstance(answer, Mapping):
            found[arn] = variables_of(answer)
        elif answer.denied or answer.temporary:
            failed.append(answer)
        else:
            raise RunnerError(f"task definition {arn} cannot be read: {answer}", hint=sentence(BATCH_AGAIN))
    if failed:
        raise failed[0]


def _describe(aws: Aws, arn: str) -> Mapping[str, Any] | ApiError:
    try:
        answer: Mapping[str, Any] = aws.call("ecs", "describe_task_definition", taskDefinition=arn)["taskDefinition"]
    except ApiError as error:
        return error
    return answer


def variables_of(definition: Mapping[str, Any]) -> list[Variable]:
    """The variables that a task definition takes from SSM and Secrets Manager. Pure."""
    return [
        Variable(container["name"], secret["name"], source_of(secret["valueFrom"], definition["taskDefinitionArn"]))
        for container in definition["containerDefinitions"]
        for secret in container.get("secrets", [])
    ]


def source_of(value_from: str, task_definition: str) -> StoredAt:
    """What a ``valueFrom`` means. Pure.

    The forms are those of ECS (developer guide, "Pass sensitive data to an Amazon ECS container", 2026-11).

    `value_from`: a parameter's name or ARN, or a secret's ARN, which may end with ``:JSON-KEY:STAGE:VERSION``.
    `task_definition`: the ARN of the task definition that says it: a name means its account and region.
    """
    parts = value_from.split(":")
    if parts[0] != "arn":
        return StoredAt("ssm", parts[0])
    if parts[2] == "secretsmanager":
        return StoredAt("secretsmanager", ":".join(parts[:7]))
    if parts[3:5] != task_definition.split(":")[3:5]:
        return StoredAt("ssm", value_from)
    name = parts[5].removeprefix("parameter/")
    return StoredAt("ssm", f"/{name}" if "/" in name else name)
