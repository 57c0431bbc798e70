"""Finds the run that a person means: by run id, task id, ARN, or ``BATCH@latest``."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchwright_runner.aws.client import ApiError
from batchwright_runner.aws.retry import PatientAws
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.fargate.history import PastRun, judged, past_runs, run_pattern, task_pattern
from batchwright_runner.fargate.state import state_of
from batchwright_runner.fargate.task import created_at, task_id
from batchwright_runner.fargate.tasks import describe, family, family_of, list_tasks
from batchwright_runner.runs.run_id import RunId
from batchwright_runner.runs.task import TaskState
from batchwright_runner.stage.session import Stage
from batchwright_runner.terminal.text import did_you_mean

LATEST = "@latest"
TASK_ID = re.compile(r"[0-9a-f]{32}")
"""The last part of a task's ARN."""


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A run that was found.

    Attributes:
        manifest: Its batch.
        arn: Its task.
        started_by: Its run id, as ECS keeps it.
        state: How it is, or how it ended.
        created: When it was started, in seconds since 1970.
        in_ecs: ECS still knows it.
        stopping: It has been asked to stop.
    """

    manifest: BatchManifest
    arn: str
    started_by: str
    state: TaskState
    created: float
    in_ecs: bool = True
    stopping: bool = False


class Runs:
    """The runs of a stage.

    Args:
        stage: The stage.
        manifests: Its batches; those that are looked at.
    """

    def __init__(self, stage: Stage, manifests: Sequence[BatchManifest]) -> None:
        self._stage = stage
        self._aws = PatientAws(stage.aws, "the runs cannot be seen", stage.waiter, stage.tell)
        self._by_family = {family(manifest): manifest for manifest in manifests}

    @classmethod
    def of(cls, stage: Stage) -> "Runs":
        """All runs of a stage.

        Raises:
            RunnerError: The manifests cannot be read.
        """
        return cls(stage, stage.find_all())

    def batch(self, name: str) -> BatchManifest | None:
        """The batch of that name; none if there is none."""
        return next((one for one in self._by_family.values() if one.batch == name), None)

    def find(self, text: str) -> KnownRun:
        """Finds a run of this project and stage.

        Args:
            text: A run id, a task id, an ARN, or ``BATCH@latest``.

        Raises:
            UsageError: There is none.
            RunnerError: It cannot be seen.
        """
        try:
            found = self._find(text)
        except ApiError as error:
            raise RunnerError(f"run {text} cannot be seen: {error}") from error
        if found is None:
            stage = self._stage.target.stage
            raise UsageError(
                f"no such run {text!r}: looked in ECS and in the history of stage {stage}",
                hint=f"{self._near(text)}See batchwright runs -s {stage}",
            )
        return found

    def _near(self, text: str) -> str:
        """What may have been meant, as a sentence; empty where nothing is near, or that cannot be seen."""
        if self.batch(text) is not None:
            return f"{text} is a batch: its last run is {text}{LATEST}. "
        try:
            ids = [run.started_by for run in self.current()]
        except (ApiError, RunnerError):
            return ""
        near = did_you_mean(text, [*ids, *(f"{name}{LATEST}" for name in self.batches())])
        return f"{near} " if near.endswith("?") else ""

    def batches(self) -> list[str]:
        """The names of all batches."""
        return [one.batch for one in self._by_family.values()]

    def current(self) -> list[KnownRun]:
        """The runs that ECS knows, in progress or ended within the hour or so; the newest first.

        Raises:
            ApiError: A call failed.
        """
        tasks: list[KnownRun] = []
        for cluster in self._clusters():
            wanted = {"family": next(iter(self._by_family))} if len(self._by_family) == 1 else {}
            arns = [
                arn
                for status in ("RUNNING", "STOPPED")
                for arn in list_tasks(self._aws, cluster, desiredStatus=status, **wanted)
            ]
            tasks += self._known(describe(self._aws, cluster, arns))
        return sorted(tasks, key=lambda run: run.created, reverse=True)

    def past(self, pattern: str = "", since: float | None = None, enough: int = 0) -> list[KnownRun]:
        """The runs in the history; the newest first.

        Args:
            pattern: CloudWatch Logs' filter pattern; empty for all.
            since: From when on, in seconds since 1970; as far back as there is by default.
            enough: So many of the newest are wanted; 0 for all.

        Raises:
            ApiError: A call failed.
        """
        groups = {(one.history_log_group, one.container) for one in self._by_family.values() if one.history_log_group}
        found = [
            run
            for group, container in sorted(groups)
            for run in past_runs(
                self._aws, group, container, pattern, since=since, enough=enough, families=self._by_family
            )
        ]
        return [_past(self._by_family[run.family], run) for run in found]

    def _find(self, text: str) -> KnownRun | None:
        if text.endswith(LATEST):
            return self._latest(text.removesuffix(LATEST))
        if text.startswith("arn:") or TASK_ID.fullmatch(text):
            identity = task_id(text)
            for cluster in self._clusters():
                found = self._known(describe(self._aws, cluster, [identity]))
                if found:
                    return found[0]
            return _first(self.past(task_pattern(identity), enough=1))
        started_by = RunId(text, given=True).started_by
        return self._newest(startedBy=started_by) or _first(self.past(run_pattern(started_by), enough=1))

    def _latest(self, batch: str) -> KnownRun | None:
        manifest = self.batch(batch)
        if manifest is None:
            raise UsageError(f"no such batch {batch!r}", hint=did_you_mean(batch, self.batches()))
        own = Runs(self._stage, [manifest])
        return own._newest(family=family(manifest)) or _first(own.past(_family_pattern(manifest), enough=1))

    def _newest(self, **wanted: str) -> KnownRun | None:
        found: list[KnownRun] = []
        for cluster in self._clusters():
            arns = [
                arn
                for status in ("RUNNING", "STOPPED")
                for arn in list_tasks(self._aws, cluster, desiredStatus=status, **wanted)
            ]
            found += self._known(describe(self._aws, cluster, arns))
        return max(found, key=lambda run: run.created, default=None)

    def _clusters(self) -> list[str]:
        return sorted({manifest.cluster for manifest in self._by_family.values()})

    def _known(self, tasks: Iterable[Mapping[str, Any]]) -> list[KnownRun]:
        return [
            KnownRun(
                manifest,
                str(task["taskArn"]),
                str(task.get("startedBy", "")),
                state_of(task, manifest.container, essential=manifest.essential),
                created_at(task),
                stopping=task.get("desiredStatus") == "STOPPED",
            )
            for task in tasks
            if (manifest := self._by_family.get(family_of(task))) is not None
        ]


def _past(manifest: BatchManifest, run: PastRun) -> KnownRun:
    state = judged(run, manifest).state
    return KnownRun(manifest, run.arn, run.started_by, state, state.times.get("createdAt", 0.0), in_ecs=False)


def _family_pattern(manifest: BatchManifest) -> str:
    return f'{{ $.detail.group = "family:{family(manifest)}" }}'


def _first(runs: Sequence[KnownRun]) -> KnownRun | None:
    return runs[0] if runs else None
