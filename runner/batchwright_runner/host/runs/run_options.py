"""The options of ``batchwright run``, and which of them go together."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from batchwright_runner.contract.variables import BACKFILL, RUN_ID, SCHEDULED_DATE, SCHEDULED_TIME
from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.run_id import RunId, without_run_id
from batchwright_runner.host.runs.variables import without_values

Backend = Literal["auto", "docker", "podman", "process"]
BACKENDS: tuple[Backend, ...] = ("auto", "docker", "podman", "process")
"""``auto`` takes Docker, else Podman, else a plain process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What is asked of a run, in either engine."""

    name: str
    # What replaces the declared command; empty for the declared one
    command: Sequence[str] = ()
    # The stage; ``local`` for a run on this machine without one, else empty where none was given
    stage: str = ""
    local: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    again: str = ""
    begin: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    run: RunId
    # A random text of this process, which no other run has
    nonce: str = ""
    # CPU units that replace the declared ones; 0 for those
    cpu: int = 0
    # MiB that replace the declared ones; 0 for those
    memory: int = 0
    timeout: int | None = None
    # Whether to leave once it is started
    detach: bool = False
    on_signal: Literal["stop", "leave"] = "stop"
    # Whether lines of the log begin with their time
    timestamps: bool = False
    all_containers: bool = False
    # Whose log is shown of a workflow's steps: those of all, of failed ones, none
    log: Literal["all", "failed", "none"] = "all"
    # The file that the result is written to; ``None`` for none
    result: Path | None = None
    # Whether the log ends with the result as Rundeck reads it
    rundeck: bool = False
    dry_run: bool = False
    # When it was due, ISO 8601 with an offset, or `BY_THE_CLOCK`; empty where that is not known
    scheduled: str = ""
    even_if_paused: bool = False
    yes: bool = False
    backend: Backend = "auto"
    # Whether the command line names it, and not a variable or the default
    named_backend: bool = False
    # Container to the image that replaces the declared one; an empty name for the main one
    images: Mapping[str, str] = field(default_factory=dict)
    # The containers beside the main one that are left out
    without: Sequence[str] = ()
    # The engine's network that it joins; empty for the engine's own bridge
    network: str = ""
    # The profile whose credentials the batch gets; empty for none
    aws_profile: str = ""
    # How many steps of a workflow may run at once; ``None`` where that was not given
    parallelism: int | None = None
    record_permissions: bool = False
    # Whether it gets the credentials of the stage's task role
    use_task_role: bool = False
    # Whether it gets the stage's parameters and secrets
    use_values: bool = False
    # The days for whose due times it is run, ``2026-11-01..2026-11-07``; empty for one run
    due: str = ""
    every: bool = False
    keep_going: bool = False
    # The id of the backfill that the run belongs to; empty for none
    backfill: str = ""
    # Further input of a workflow's machine: the steps that are done, and who has asked for the run
    machine_input: Mapping[str, Any] = field(default_factory=dict)

    @property
    def leaves_out(self) -> bool:
        """Whether it continues another run, or leaves steps out."""
        return bool(self.again.strip() or self.begin or self.done)

    def variables(self, schedule: str = "") -> Mapping[str, str]:
        """The container's variables: which run it is, when it was due by a schedule, and what was given for it."""
        due = {SCHEDULED_TIME: "", SCHEDULED_DATE: ""}
        if self.scheduled:
            from batchwright_runner.contract.schedules.due_variables import due_variables

            due |= due_variables(self.scheduled, schedule, datetime.now(UTC))
        if self.backfill:
            due[BACKFILL] = self.backfill
        return {RUN_ID: self.run.text, **due, **self.environment}

    @property
    def arguments(self) -> list[str]:
        """The command line, to run it again. Values of variables are not shown, nor this run's id."""
        return ["batchwright", *without_run_id(without_values(sys.argv[1:]))]

    @property
    def replaces(self) -> list[str]:
        """The options that replace something that the batch declares, by name."""
        values: Mapping[str, object] = {
            "-e": self.environment,
            "--cpu": self.cpu,
            "--memory": self.memory,
            "--timeout": self.timeout,
            "a command after --": self.command,
        }
        return [option for option in values if values[option]]

    def refuse_only_local(self) -> None:
        """Refuses options that a run on Fargate does not have."""
        values: Mapping[str, object] = {
            "--backend": self.named_backend,
            "--image": self.images,
            "--without": self.without,
            "--network": self.network,
            "--aws-profile": self.aws_profile,
            "--parallelism": self.parallelism,
            "--record-permissions": self.record_permissions,
            "--use-task-role": self.use_task_role,
            "--use-values": self.use_values,
        }
        for option in filter(values.get, values):
            raise UsageError(
                f"{option} goes only with --local: on Fargate there is no such choice",
                hint="Leave it out, or add --local",
            )
