"""What a workflow's machine asks: may it begin, how has a step ended, and what does that mean for the whole? Pure.

The order of the steps is the machine's own. `plan` is asked once, at the beginning: which steps run, and what they are
given. `step_end` is asked where a step's execution did not say success. `sum_up` is asked before the steps that always
run, and at the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from batchwright_runner.contract.ends import SAME_DUE
from batchwright_runner.contract.executions import RUNNING, Execution, verdict_of
from batchwright_runner.contract.json_text import compact
from batchwright_runner.contract.machines.figures import DENIALS, JOINS
from batchwright_runner.contract.machines.gate import same_time, wait_behind
from batchwright_runner.contract.machines.intake import problem_of
from batchwright_runner.contract.machines.memo import ExecutionFailure, Memo, shortened
from batchwright_runner.contract.options import ASKED_BY, BACKFILL_ID, DONE, RUN, SCHEDULED, STARTED_BY
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.zones import zone_of
from batchwright_runner.contract.tasks import name_of_run
from batchwright_runner.contract.variables import BACKFILL, SCHEDULED_DATE
from batchwright_runner.contract.verdicts import Row, name, named
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.names import child_name
from batchwright_runner.contract.workflows.rules import PASSED_OVER, StepState, failed_steps, verdict_of_steps
from batchwright_runner.contract.workflows.structure import Structure, WorkflowStep

_DENIED = ("AccessDenied", "DoesNotExist", "Deleting", "Invalid", "Validation")
"""In the names of errors of a start that has started nothing, and that no later one is without."""
_TEXTS = {RUN: "a run's id", ASKED_BY: "who runs it again", BACKFILL_ID: "a backfill's id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """What is known before a workflow's run begins."""

    execution: Execution
    # When that was started, as Step Functions writes it
    began: str
    # What it was given
    given: Any
    memo: Memo
    # Now, in seconds since 1970
    now: float
    workflow: WorkflowManifest
    # The steps of the machine's definition
    steps: Sequence[str]
    # Seconds that it waits for another run's end at most
    longest: int
    pause: Pause | None = None
    # The other executions that run; of one for a due time also those that have ended well since, with their inputs
    executions: Sequence[Execution] = ()
    behind_goes_on: bool = False

    @property
    def run(self) -> str:
        """The run's id."""
        return run_of(self.given, self.execution)

    @property
    def due(self) -> str:
        """The time that another run may have had; a run again, and one of a backfill, are made all the same."""
        return due_time(self.given)


def run_of(given: Any, execution: Execution) -> str:  # noqa: ANN401 - JSON
    """The id of a workflow's run: what its input says, else its execution's name."""
    run = given.get(RUN) if isinstance(given, Mapping) else ""
    return run if isinstance(run, str) and run else execution.name


def due_time(given: Any) -> str:  # noqa: ANN401 - JSON
    """The time for which a run is due, where another one may be for the same; else an empty text."""
    if not isinstance(given, Mapping) or DONE in given or BACKFILL_ID in given:
        return ""
    due = given.get(SCHEDULED)
    return due.strip() if isinstance(due, str) else ""


def failure_of(workflow: str, stage: str, run: str, row: Row, why: str) -> ExecutionFailure:
    """How the execution of a workflow fails."""
    cause = {"workflow": workflow, "stage": stage, "run": run, "why": shortened(why), "ends": []}
    return ExecutionFailure(name(row, 0), compact(cause))


def plan(facts: PlanFacts) -> dict[str, Any]:
    """Whether it begins, and with what."""
    if problem := _wrong_input(facts):
        return _fail(facts, Row.USAGE, problem)
    if facts.pause is not None and facts.pause.holds(facts.now):
        return _fail(facts, Row.PAUSED, f"paused {facts.pause.words()}")
    return _turn(facts) or _start(facts)


def _wrong_input(facts: PlanFacts) -> str:
    given, options = facts.given, facts.workflow.options
    allowed = [SCHEDULED, RUN, DONE, *(key for key in _TEXTS if key != RUN), *(option.name for option in options)]
    if problem := problem_of(given, options, allowed):
        return problem
    for key, what in _TEXTS.items():
        if not isinstance(given.get(key, ""), str):
            return f"{key} is not a text: allowed is {what}"
    done = given.get(DONE, {})
    if not isinstance(done, Mapping) or not all(
        step in facts.steps and isinstance(why, str) for step, why in done.items()
    ):
        return f"{DONE} is not right: allowed is an object of steps, each with why it is done"
    return ""


def _turn(facts: PlanFacts) -> dict[str, Any] | None:
    """What another run means for this one; nothing where none is in its way."""
    workflow, ours = facts.workflow, facts.execution
    for found in facts.executions:
        if found.status == "SUCCEEDED" and same_time(found.scheduled, facts.due):
            done = f"run {name_of_run(workflow.name, found.arn)} was {SAME_DUE}, and has ended well"
            return _fail(facts, Row.OVERLAP, done)
    running = [found for found in facts.executions if found.status == RUNNING]
    older = [found for found in running if (found.started, found.arn) < (ours.started, ours.arn)]
    last = max(older, key=lambda found: (found.started, found.arn), default=None)
    behind = facts.memo.behind if facts.behind_goes_on else last.arn if last else ""
    if not behind:
        return None
    busy = f"run {name_of_run(workflow.name, behind)} is in progress"
    if not workflow.at_once.waits:
        return _fail(facts, Row.OVERLAP, busy)
    waits = wait_behind(facts.memo, behind, facts.now, facts.longest)
    return waits.to_dict() if waits else _fail(facts, Row.OVERLAP, f"{busy}, and ours may not wait longer")


def _start(facts: PlanFacts) -> dict[str, Any]:
    given, arn = facts.given, facts.execution.arn
    due = str(given.get(SCHEDULED, "")).strip() and str(given[SCHEDULED])
    handed = {SCHEDULED: due or facts.began, SCHEDULED_DATE: _day(due or facts.began, facts.workflow.zone)}
    handed |= {STARTED_BY: arn} | ({BACKFILL: given[BACKFILL_ID]} if BACKFILL_ID in given else {})
    options = [option.name for option in facts.workflow.options]
    handed |= {option: given[option] for option in options if str(given.get(option, "")).strip()}
    names = {step: child_name(step, arn) for step in facts.steps if step not in given.get(DONE, {})}
    why = "it was begun, and the function that sums up could not be asked"
    lost = failure_of(facts.workflow.name, facts.workflow.stage, facts.run, Row.NO_RESULT, why)
    memo = replace(facts.memo, since=0.0, behind="", lost=lost)
    return {"next": "start", "memo": memo.to_dict(), "handed": handed, "names": names}


def _day(due: str, zone: str) -> str:
    """The day of a time in a zone; in that of the time itself where the zone is not known here."""
    try:
        at = datetime.fromisoformat(due)
    except ValueError:
        return ""
    try:
        return (at.astimezone(zone_of(zone)) if at.tzinfo else at).date().isoformat()
    except ScheduleError:
        return at.date().isoformat()


def _fail(facts: PlanFacts, row: Row, why: str) -> dict[str, Any]:
    failure = failure_of(facts.workflow.name, facts.workflow.stage, facts.run, row, why)
    return {"next": "fail", "memo": facts.memo.to_dict(), **asdict(failure)}


def step_end(step: str, child: Execution | None, data: Mapping[str, Any], *, stops: bool) -> dict[str, Any]:
    """The data with the end of a step that did not say success; or that it is started again, under its name.

    That joins it.

    `child`: its execution; none where there is none, or it cannot be seen.
    `data`: the ends before, the name of the error that its start ended with, and how often it was started again.
    `stops`: whether nothing later in its chain starts after a failure.
    """
    tries, error = data.get("tries", 0), str(data.get("error", ""))
    ends = [end for end in data["ends"] if end["step"] != step]  # its own says until now that nothing is known
    denied = child is None and any(part in error for part in _DENIED) and "AlreadyExists" not in error
    if child is None or child.status in (RUNNING, "PENDING_REDRIVE"):
        if tries < (DENIALS if denied else JOINS):
            return {"ends": data["ends"], "tries": tries + 1, "next": "again"}
        failed = name(Row.NEVER_STARTED if denied else Row.NO_RESULT, 0)
    else:
        verdict = verdict_of(child)
        failed = "" if verdict.succeeded else name(verdict.row, verdict.code)
    return {"ends": [*ends, {"step": step, "error": failed}], "next": "halt" if failed and stops else "over"}


def sum_up(
    about: Mapping[str, str], asked: Mapping[str, Any], ends: Sequence[Mapping[str, str]], done: Mapping[str, str]
) -> dict[str, Any]:
    """What the ends of the steps mean together.

    `about`: workflow, stage and run.
    `asked`: the names of the steps, of those that always run, and of those whose failure is ignored.
    `done`: step to why it does not run.
    """

    def declared(names: Sequence[str]) -> tuple[WorkflowStep, ...]:
        ignored = asked["ignored"]
        return tuple(WorkflowStep(name=step, on_failure="ignore" if step in ignored else "stop") for step in names)

    structure = Structure(steps=declared(asked["steps"]), always=declared(asked["always"]))
    errors = {end["step"]: end["error"] for end in ends}
    states = dict.fromkeys(done, PASSED_OVER)
    states |= {step: StepState.of(*(named(error) if error else (Row.OWN, 0))) for step, error in errors.items()}
    verdict = verdict_of_steps(structure, states)
    shown = [
        {"step": step.name, "status": states[step.name].status.value, "error": errors.get(step.name, "")}
        for step in structure.all_steps
        if step.name in states
    ]
    told = {"begun": verdict.begun, "failed": " ".join(failed_steps(structure, states)), "ends": shown}
    if verdict.code == 0:
        return {"next": "ok", **told}
    why = f"step {verdict.step}: {errors[verdict.step]}"
    cause = compact({**about, "why": why, "step": verdict.step, "ends": shown})
    return {"next": "fail", **told, "error": verdict.error, "cause": cause}
