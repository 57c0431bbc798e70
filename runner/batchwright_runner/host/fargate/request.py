"""What a run on Fargate will ask ECS for. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import shown
from batchwright_runner.contract.names import TAG_TIMEOUT
from batchwright_runner.contract.sizes import MEMORY
from batchwright_runner.contract.stop_reasons import OVERRIDES_LIMIT
from batchwright_runner.contract.task_request import task_request, too_long
from batchwright_runner.contract.tasks import Given, created_at, given_to
from batchwright_runner.contract.variables import ATTEMPT
from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.run_id import RunId, client_token
from batchwright_runner.host.runs.variables import refuse_undecoded

MOST_ATTEMPTS = 999
"""The attempt whose number is counted where it is asked whether a request is too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """A run, with all that was decided for it."""

    manifest: BatchManifest
    run: RunId
    # Random text of this process
    nonce: str
    # Seconds until the run is stopped
    timeout: int
    environment: Mapping[str, str] = field(default_factory=dict)
    # What replaces the declared command; empty for the declared one
    command: Sequence[str] = ()
    # CPU units that replace the declared ones; 0 for those
    cpu: int = 0
    # MiB that replace the declared ones; 0 for those
    memory: int = 0
    attempt: int = 1

    @property
    def name(self) -> str:
        """``BATCH@ID``, by the id of the run: all its attempts have it."""
        return f"{self.manifest.batch}@{self.run.started_by}"

    def next(self) -> "RunPlan":
        """The plan of the next attempt."""
        return replace(self, attempt=self.attempt + 1)

    def request(self) -> dict[str, Any]:
        """The RunTask request. It holds nothing that a repeat of it would change: no time, host or user."""
        manifest = self.manifest
        variables = {**self.environment, ATTEMPT: str(self.attempt)}
        timeout = {TAG_TIMEOUT: str(self.timeout)} if self.timeout != manifest.timeout_seconds else {}
        tags = [{"key": key, "value": value} for key, value in {**manifest.tags, **timeout}.items()]
        return {
            **task_request(manifest, variables, command=self.command, cpu=self.cpu, memory=self.memory),
            "count": 1,
            "startedBy": self.run.started_by,
            "clientToken": client_token(
                manifest.project, manifest.stage, manifest.batch, self.run, self.attempt, self.nonce
            ),
            **({"tags": tags} if tags else {}),
        }

    def refuse_other(self, task: Mapping[str, Any]) -> None:
        """Refuses to join a run of this id that was started otherwise than this one would be."""
        ours = Given(self.environment, self.command, (str(self.cpu or ""), str(self.memory or "")))
        theirs, options = given_to(task, self.manifest.container), {option.name for option in self.manifest.options}
        names = [f"-{'o' if name in options else 'e'} {name}" for name in ours.other_variables(theirs)]
        if names := [*names, *ours.other_options(theirs)]:
            raise UsageError(
                f"run {self.name} cannot be joined: it was started at {shown(created_at(task))} with other "
                f"values of {', '.join(names)}",
                hint="Follow it with batchwright attach, or give this run another --run-id",
            )


def check_size(cpu: int, memory: int) -> None:
    """Refuses a size that Fargate does not have.

    `cpu`: CPU units that replace the declared ones; 0 for those.
    `memory`: MiB that replace the declared ones; 0 for those.
    """
    if bool(cpu) != bool(memory):
        raise UsageError("--cpu and --memory go together: only one is given", hint="Give both, or neither")
    if cpu and cpu not in MEMORY:
        raise UsageError(f"--cpu {cpu} is refused: Fargate has {', '.join(map(str, MEMORY))}")
    if cpu and memory not in MEMORY[cpu]:
        allowed = ", ".join(map(str, MEMORY[cpu]))
        raise UsageError(f"--memory {memory} is refused: with --cpu {cpu} Fargate has {allowed}")


def check_plan(plan: RunPlan) -> None:
    """Refuses what ECS would refuse, or change."""
    check_size(plan.cpu, plan.memory)
    refuse_undecoded(plan.environment, plan.command)
    length = too_long(replace(plan, attempt=MOST_ATTEMPTS).request())
    if length:
        raise UsageError(
            f"-e and COMMAND are too long: {length} characters, and ECS takes {OVERRIDES_LIMIT} in all",
            hint="Put the values where the batch can read them, and pass their place",
        )
