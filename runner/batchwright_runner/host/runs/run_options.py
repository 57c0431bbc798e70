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
    """What is asked of a run, in either engine.

    Attributes:
        name: The batch.
        command: What replaces the declared command; empty for the declared one.
        stage: The stage; ``local`` for a run on this machine without one, else empty where none was given.
        local: Whether it runs on this machine.
        environment: Variables of this run only.
        options: Option to value, as the batch declares them.
        again: The run that is run again; blank for none.
        begin: The steps of a workflow that run with all that follows them.
        done: The steps of a workflow that are taken as done.
        run: The run's id.
        nonce: A random text of this process, which no other run has.
        cpu: CPU units that replace the declared ones; 0 for those.
        memory: MiB that replace the declared ones; 0 for those.
        timeout: Seconds that replace the declared timeout.
        detach: Whether to leave once it is started.
        on_signal: Whether a signal stops the run or only this runner.
        timestamps: Whether lines of the log begin with their time.
        all_containers: Whether to show the other containers' logs too.
        log: Whose log is shown of a workflow's steps: those of all, of failed ones, none.
        result: The file that the result is written to; ``None`` for none.
        rundeck: Whether the log ends with the result as Rundeck reads it.
        dry_run: Whether to print the request only.
        verify: Whether to look first whether it would start.
        scheduled: When it was due, ISO 8601 with an offset, or `BY_THE_CLOCK`; empty where that is not known.
        even_if_paused: Whether to start it although it is paused.
        yes: Whether not to ask in a protected stage.
        backend: What it runs in on this machine.
        named_backend: Whether the command line names it, and not a variable or the default.
        images: Container to the image that replaces the declared one; an empty name for the main one.
        without: The containers beside the main one that are left out.
        network: The engine's network that it joins; empty for the engine's own bridge.
        aws_profile: The profile whose credentials the batch gets; empty for none.
        parallelism: How many steps of a workflow, or due times, may run at once; ``None`` where that was not given.
        record_permissions: Whether to record which calls to AWS it makes.
        use_task_role: Whether it gets the credentials of the stage's task role.
        use_values: Whether it gets the stage's parameters and secrets.
        due: The days for whose due times it is run, ``2026-11-01..2026-11-07``; empty for one run.
        every: Of those, whether it is also run for what has succeeded.
        keep_going: Likewise, whether a failure ends nothing.
        backfill: The id of the backfill that the run belongs to; empty for none.
        machine_input: Further input of a workflow's machine: the steps that are done, and who has asked for the run.
    """

    name: str
    command: Sequence[str] = ()
    stage: str = ""
    local: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    again: str = ""
    begin: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    run: RunId
    nonce: str = ""
    cpu: int = 0
    memory: int = 0
    timeout: int | None = None
    detach: bool = False
    on_signal: Literal["stop", "leave"] = "stop"
    timestamps: bool = False
    all_containers: bool = False
    log: Literal["all", "failed", "none"] = "all"
    result: Path | None = None
    rundeck: bool = False
    dry_run: bool = False
    verify: bool = False
    scheduled: str = ""
    even_if_paused: bool = False
    yes: bool = False
    backend: Backend = "auto"
    named_backend: bool = False
    images: Mapping[str, str] = field(default_factory=dict)
    without: Sequence[str] = ()
    network: str = ""
    aws_profile: str = ""
    parallelism: int | None = None
    record_permissions: bool = False
    use_task_role: bool = False
    use_values: bool = False
    due: str = ""
    every: bool = False
    keep_going: bool = False
    backfill: str = ""
    machine_input: Mapping[str, Any] = field(default_factory=dict)

    @property
    def leaves_out(self) -> bool:
        """Whether it continues another run, or leaves steps out."""
        return bool(self.again.strip() or self.begin or self.done)

    def variables(self, schedule: str = "") -> Mapping[str, str]:
        """The container's variables: which run it is, when it was due by a schedule, and what was given for it."""
        due = {SCHEDULED_TIME: "", SCHEDULED_DATE: ""}
        if self.scheduled:
            from batchwright_runner.host.runs.due import due_variables

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
        """Refuses options that a run on Fargate does not have.

        Raises:
            UsageError: Naming the first option of them that was given.
        """
        values: Mapping[str, object] = {
            "--backend": self.named_backend,
            "--image": self.images,
            "--without": self.without,
            "--network": self.network,
            "--aws-profile": self.aws_profile,
            "--parallelism without --due": self.parallelism and not self.due,
            "--record-permissions": self.record_permissions,
            "--use-task-role": self.use_task_role,
            "--use-values": self.use_values,
        }
        for option in filter(values.get, values):
            raise UsageError(
                f"{option} goes only with --local: on Fargate there is no such choice",
                hint="Leave it out, or add --local",
            )
