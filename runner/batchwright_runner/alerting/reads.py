"""What the function reads of a stage: manifests, watch records, pauses, tasks, executions and last lines of logs."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar

from batchwright_runner.alerting.clients import Call, CallError
from batchwright_runner.contract.alerting.known import KnownBatch
from batchwright_runner.contract.alerting.record import HOUR
from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.executions import RUNNING, Execution, known_execution
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.manifests import read_manifest
from batchwright_runner.contract.missed.seen import seen_executions, seen_runs
from batchwright_runner.contract.missed.watched import Blind
from batchwright_runner.contract.moments import seconds
from batchwright_runner.contract.names import StageNames, family_of
from batchwright_runner.contract.pages import last_part, parameters_below
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.watch import Watch
from batchwright_runner.contract.workflows.manifest import WorkflowManifest

T = TypeVar("T")
WATCHES_SECONDS = 300.0
"""Seconds for which watch records are kept in the function's memory."""
Seen = Literal["ours", "foreign", "unseen"]
NONE_SUCH = ("ExecutionDoesNotExist", "StateMachineDoesNotExist")
MOST_TASKS = 100
"""Tasks that one DescribeTasks shows (ECS API reference, 2026-11)."""


class Reads:
    """Reads a stage.

    `clock`: seconds since 1970.
    """

    def __init__(self, call: Call, settings: AlertSettings, clock: Callable[[], float] = time.time) -> None:
        self._call = call
        self._settings = settings
        self._clock = clock
        self._watches: Mapping[str, Watch] = {}
        self._watched_at = float("-inf")

    def known(self, batch: str) -> KnownBatch:
        """What the stage keeps of a batch, or of a workflow, in SSM."""
        names = StageNames.of(self._settings)
        paths = [path(batch) for path in (names.manifest, names.watch, names.paused)]
        answer = self._call("ssm", "get_parameters", Names=paths)
        parameters = {str(parameter["Name"]): parameter for parameter in answer.get("Parameters", ())}
        texts = {name: str(parameter["Value"]) for name, parameter in parameters.items()}
        manifest, watch, paused = paths
        return KnownBatch(
            settings=self._settings,
            manifest=_unless_unreadable(read_manifest, texts.get(manifest, "")),
            watch=_watch(texts.get(watch, "")),
            pause=Pause.from_text(texts[paused]) if paused in texts else None,
            since=seconds(parameters[watch]["LastModifiedDate"]) if watch in parameters else 0.0,
        )

    def watches(self) -> Mapping[str, Watch]:
        """Batch to what is watched of it; read anew every `WATCHES_SECONDS`."""
        now = self._clock()
        if now - self._watched_at >= WATCHES_SECONDS:
            path = f"{StageNames.of(self._settings).path}/watch"
            found = parameters_below(self._call, path)
            self._watches = {last_part(parameter): _watch(str(parameter["Value"])) for parameter in found}
            self._watched_at = now
        return self._watches

    def attempts(self, attempt: Attempt) -> Sequence[Attempt]:
        """The attempts of a run that ECS knows; none where it does not answer: better one message too many."""
        try:
            tasks = list(self._tasks(startedBy=attempt.started_by))
        except CallError:
            return ()
        manifest = attempt.manifest
        of = family_of(manifest.task_definition)
        mine = [task for task in tasks if family_of(str(task.get("taskDefinitionArn", ""))) == of]
        return [Attempt.of(manifest, task) for task in mine]

    def execution(self, arn: str) -> tuple[Seen, Execution | None]:
        """Whether a machine of the stage has an execution; and the execution, where Step Functions shows it."""
        try:
            return "ours", Execution.of(self._call("stepfunctions", "describe_execution", executionArn=arn))
        except CallError as error:
            return "foreign" if error.code in NONE_SUCH else "unseen", None

    def missing(self, executions: Mapping[str, str]) -> Sequence[str]:
        """Of executions by their ARNs, the names of those that never were; none where that cannot be seen."""
        seen = {name: self.execution(arn)[0] for name, arn in executions.items()}
        return [] if "unseen" in seen.values() else [name for name, whose in seen.items() if whose == "foreign"]

    def lines(self, manifest: BatchManifest, task: str, count: int) -> Sequence[str]:
        """The last messages of a task's log; none where they cannot be read."""
        stream = f"{manifest.log_stream_prefix}/{manifest.container}/{task.rpartition('/')[2]}"
        request = {"logGroupName": manifest.log_group, "logStreamName": stream, "limit": count, "startFromHead": False}
        try:
            answer = self._call("logs", "get_log_events", **request)
        except CallError:
            return ()
        return [str(event.get("message", "")) for event in answer.get("events", ())]

    def with_current(self, known: KnownBatch) -> KnownBatch:
        """What is known of a batch, with its runs that are in progress, or ended within the hour."""
        manifest = known.manifest
        if manifest is None:
            return known
        if isinstance(manifest, WorkflowManifest):
            return self._with_executions(known, manifest)
        blind: dict[str, str] = {}
        attempts: list[Attempt] = []
        of = StageNames.of(manifest).family(manifest.batch)
        try:
            attempts += [Attempt.of(manifest, task) for task in self._tasks(family=of)]
        except CallError as error:
            blind["tasks"] = str(error)
        if manifest.machine:
            try:
                running = self._executions(manifest.machine, statusFilter=RUNNING)
                with_task = {attempt.execution for attempt in attempts}
                shown = [execution for execution in running if execution.arn not in with_task]
                attempts += [known_execution(manifest, execution) for execution in shown]
            except CallError as error:
                blind["machines"] = str(error)
        return replace(known, current=seen_runs(attempts), blind=Blind(**blind))

    def _with_executions(self, known: KnownBatch, workflow: WorkflowManifest) -> KnownBatch:
        """The same of a workflow: how those runs that have ended did so is in the record."""
        try:
            listed = self._executions(workflow.machine)
        except CallError as error:
            return replace(known, blind=Blind(machines=str(error)))
        recent = self._clock() - HOUR
        # The list has no inputs: for when a run was due is asked of those in progress.
        fresh = [execution for execution in listed if execution.status != RUNNING and execution.stopped > recent]
        running = (execution for execution in listed if execution.status == RUNNING)
        fresh += [self.execution(execution.arn)[1] or execution for execution in running]
        return replace(known, current=seen_executions(workflow, fresh))

    def _executions(self, machine: str, **which: str) -> list[Execution]:
        answer = self._call("stepfunctions", "list_executions", stateMachineArn=machine, maxResults=100, **which)
        return [Execution.of(execution) for execution in answer.get("executions", ())]

    def _tasks(self, **which: str) -> Iterator[Mapping[str, Any]]:
        cluster = self._settings.cluster
        arns: list[str] = []
        for status in ("RUNNING", "STOPPED"):
            answer = self._call("ecs", "list_tasks", cluster=cluster, desiredStatus=status, **which)
            arns += answer.get("taskArns", ())
        shown = list(dict.fromkeys(arns))[:MOST_TASKS]
        if shown:
            yield from self._call("ecs", "describe_tasks", cluster=cluster, tasks=shown).get("tasks", ())


def _unless_unreadable(read: Callable[[str], T], text: str) -> T | None:
    try:
        return read(text) if text else None
    except ValueError:  # of a record's own kind
        return None


def _watch(text: str) -> Watch:
    return _unless_unreadable(Watch.from_text, text) or Watch()
