"""Before each attempt of a batch's machine: may it start, and with which request? Pure.

In progress is a task that has not ended, also one that is being stopped, or an execution that runs. Of two runs the
younger gives way, as both see which one it is: an execution counts from its start, another task from its creation.

A run that is for a due time gives way to one that is for the same, and in progress or has ended well: EventBridge
Scheduler starts at least once. Tasks have the due time in their variables, executions in their inputs.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from batchwright_runner.contract.ends import SAME_DUE, STEP_FUNCTIONS
from batchwright_runner.contract.executions import RUNNING, Execution
from batchwright_runner.contract.in_progress import age_of_run, as_task, in_progress, with_executions
from batchwright_runner.contract.judgment.ending import ending_of
from batchwright_runner.contract.judgment.state import state_of
from batchwright_runner.contract.judgment.verdict import verdict
from batchwright_runner.contract.machines import intake
from batchwright_runner.contract.machines.figures import OVERLAP_LONGEST, OVERLAP_SECONDS, OVERLAP_SHARE
from batchwright_runner.contract.machines.memo import Answer, AttemptTerms, ExecutionSubject, Memo
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import moment
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.stop_reasons import OVERRIDES_LIMIT
from batchwright_runner.contract.task_request import recased, task_request, too_long
from batchwright_runner.contract.tasks import name_of_run
from batchwright_runner.contract.variables import ATTEMPT, SCHEDULED_TIME
from batchwright_runner.contract.verdicts import Row

_UNTOLD = "a start of this run was not told"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFacts:
    """What is known before an attempt."""

    execution: Execution
    # What the execution was given
    given: Any
    memo: Memo
    # Now, in seconds since 1970
    now: float
    manifest: BatchManifest
    takes_command: bool = False
    # Whether the machine's definition names capacity providers, and not a launch type
    names_capacity: bool = False
    pause: Pause | None = None
    # The batch's tasks that ECS knows, where they were looked for
    tasks: Sequence[Mapping[str, Any]] = ()
    # The other executions of the machine, where they were looked for; for a due time alone with their inputs
    executions: Sequence[Execution] = ()
    # Whether the run that it waits for goes on
    behind_goes_on: bool = False

    @property
    def subject(self) -> ExecutionSubject:
        """Whose execution it is."""
        return ExecutionSubject(self.manifest.batch, self.manifest.stage, self.execution.name)

    @property
    def due(self) -> str:
        """The time for which it is due, where another run may be for the same; else an empty text."""
        return intake.due_time(self.given)


def looks_for_executions(manifest: BatchManifest, memo: Memo, due: str) -> bool:
    """Whether other executions are looked for."""
    return not manifest.at_once.allowed or (bool(due) and memo.attempt == 1)


def looks_for_tasks(manifest: BatchManifest, memo: Memo, due: str) -> bool:
    """Whether tasks are: those of others, or one of its own that a start has made which was told to have failed."""
    return looks_for_executions(manifest, memo, due) or bool(memo.refused or memo.unknown)


def gate(facts: GateFacts) -> Answer:
    """Whether the attempt starts."""
    memo, manifest = facts.memo, facts.manifest
    if own_tasks(facts.tasks, facts.execution.name, memo.attempt):
        return Answer("judge", replace(memo, doubt=_UNTOLD, looks=0, terms=memo.terms or AttemptTerms.of(manifest)))
    if problem := intake.wrong_input(manifest, facts.given, takes_command=facts.takes_command):
        return _fail(facts, Row.USAGE, problem)
    if facts.pause is not None and facts.pause.holds(facts.now):
        return _fail(facts, Row.PAUSED, f"paused {facts.pause.words()}")
    return _turn(facts) or _start(facts)


def _start(facts: GateFacts) -> Answer:
    memo, manifest, run = facts.memo, facts.manifest, facts.execution.name
    variables = {**intake.variables_of(manifest, facts.given, run), ATTEMPT: str(memo.attempt)}
    command = intake.command_of(facts.given, takes_command=facts.takes_command)
    request = task_request(manifest, variables, command=command)
    if length := too_long(request):
        problem = f"the input is too long: {length} characters with the variables of the run, and ECS takes"
        return _fail(facts, Row.USAGE, f"{problem} {OVERRIDES_LIMIT} in all")
    if facts.names_capacity != bool(manifest.capacity):  # it was deployed anew since the execution began
        request.pop("capacityProviderStrategy", None)
        any_fargate = {"capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1, "base": 0}]}
        request |= any_fargate if facts.names_capacity else {"launchType": "FARGATE"}
    why = f"attempt {memo.attempt} was started, and the function that judges its end could not be asked"
    started = replace(
        memo,
        began=facts.now,
        since=0.0,
        behind="",
        doubt="",
        looks=0,
        terms=AttemptTerms.of(manifest),
        lost=facts.subject.failure(Row.NO_RESULT, why, attempt=memo.attempt),
    )
    return Answer("start", started, request={**recased(request), "Group": run})


def _fail(facts: GateFacts, row: Row, why: str) -> Answer:
    """Nothing is started: after an attempt that has ended, as in the runner, its end is the run's."""
    memo = facts.memo
    failure = facts.subject.failure(row, why, attempt=memo.attempt) if memo.is_first else memo.before
    return Answer("fail", memo, failure=failure)


def _turn(facts: GateFacts) -> Answer | None:
    """What another run means for this one; nothing where none is in its way."""
    manifest, memo = facts.manifest, facts.memo
    done = [_name(facts, task) for task in _others(facts) if _ended_well(facts, task)]
    done += [_name(facts, as_task(found)) for found in _twins(facts) if found.status == "SUCCEEDED"]
    if done:
        return _fail(facts, Row.OVERLAP, f"run {done[0]} was {SAME_DUE}, and has ended well")
    behind = memo.behind if facts.behind_goes_on else _behind(facts)
    if not behind:
        return None
    busy = f"run {name_of_run(manifest.batch, behind)} is in progress"
    if not manifest.at_once.waits:
        same = f", and is {SAME_DUE}" if manifest.at_once.allowed else ""
        return _fail(facts, Row.OVERLAP, busy + same)
    waits = wait_behind(memo, behind, facts.now, manifest.at_once.longest)
    return waits or _fail(facts, Row.OVERLAP, f"{busy}, and ours may not wait longer")


def wait_behind(memo: Memo, behind: str, now: float, longest: int) -> Answer | None:
    """The wait for another run's end; nothing where that has been as long as it may."""
    since = memo.since or now
    waited = now - since
    if waited >= longest:
        return None
    pause = max(OVERLAP_SECONDS, min(OVERLAP_LONGEST, waited / OVERLAP_SHARE))
    seconds = max(1, math.ceil(min(longest - waited, pause)))
    return Answer("wait", replace(memo, since=since, behind=behind), seconds=seconds)


def _behind(facts: GateFacts) -> str:
    """The ARN of the run that is in the way: of the older ones the youngest, after whose end there is mostly none."""
    busy = [task for task in _others(facts) if in_progress(task, facts.manifest.container)]
    running = [found for found in facts.executions if found.status == RUNNING]
    if facts.manifest.at_once.allowed:
        busy = [task for task in busy if _is_twin(facts, task)]
        running = [found for found in _twins(facts) if found.status == RUNNING]
    ours = age_of_run(as_task(facts.execution))
    older = [run for run in with_executions(busy, running) if age_of_run(run) < ours]
    if not older:
        return ""
    last = max(older, key=age_of_run)
    names = {found.name: found.arn for found in running}
    return names.get(str(last.get("group", "")), str(last["taskArn"]))


def _others(facts: GateFacts) -> list[Mapping[str, Any]]:
    return [task for task in facts.tasks if not is_own(task, facts.execution.name)]


def own_tasks(tasks: Sequence[Mapping[str, Any]], run: str, attempt: int) -> list[Mapping[str, Any]]:
    """Of some tasks those of an execution's attempt, by the variable that they were started with."""
    return [task for task in tasks if is_own(task, run) and str(attempt) in _given(task, ATTEMPT)]


def is_own(task: Mapping[str, Any], run: str) -> bool:
    """Whether a task is of the execution that is called so."""
    return task.get("startedBy") == STEP_FUNCTIONS and task.get("group") == run


def _ended_well(facts: GateFacts, task: Mapping[str, Any]) -> bool:
    """Whether a task was for the same due time, and has ended by itself with 0."""
    if not _is_twin(facts, task):
        return False
    state = state_of(task, facts.manifest.container, essential=facts.manifest.essential)
    return state.ended and verdict(ending_of(facts.manifest.container, state)).succeeded


def _twins(facts: GateFacts) -> list[Execution]:
    """The executions that are for the same due time."""
    return [found for found in facts.executions if same_time(found.scheduled, facts.due)]


def _is_twin(facts: GateFacts, task: Mapping[str, Any]) -> bool:
    return any(same_time(due, facts.due) for due in _given(task, SCHEDULED_TIME))


def same_time(due: str, ours: str) -> bool:
    """Whether two due times are one, in whatever zone each is written."""
    at = moment(due)
    return bool(ours) and (due == ours or (at is not None and at == moment(ours)))


def _given(task: Mapping[str, Any], variable: str) -> list[str]:
    """What a variable of a task's containers was started with; a deployment may have renamed the main one."""
    containers = (task.get("overrides") or {}).get("containerOverrides") or ()
    pairs = [pair for container in containers for pair in container.get("environment") or ()]
    return [str(pair.get("value", "")) for pair in pairs if pair.get("name") == variable]


def _name(facts: GateFacts, task: Mapping[str, Any]) -> str:
    by_machine = task.get("startedBy") == STEP_FUNCTIONS
    return name_of_run(facts.manifest.batch, str(task["group"] if by_machine else task["taskArn"]))
