"""Who starts a batch, where AWS does; and what is verified of a workflow: its steps, pauses, and other starters."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from batchwright_runner.contract.json_text import object_or_empty
from batchwright_runner.contract.machines.figures import PROTOCOL
from batchwright_runner.contract.moments import utc
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.readers import from_eventbridge
from batchwright_runner.contract.schedules.schedule import from_text
from batchwright_runner.contract.sizes import AWS, NOBODY
from batchwright_runner.contract.stop_reasons import BATCH_AGAIN, PLATFORM_AGAIN
from batchwright_runner.contract.tasks import execution_arn
from batchwright_runner.contract.two_at_once import REFUSING, WAITING
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.verdicts import name as name_of
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.terminal.text import one_line, sentence
from batchwright_runner.host.verify.look import StageQuestions
from batchwright_runner.host.verify.subject import Subject, WorkflowSubject

DEPLOY = sentence(BATCH_AGAIN)


def check_starter(subject: Subject | WorkflowSubject) -> Iterable[Finding]:
    """Whether its machine is there, and where AWS starts it when it is due, its schedule is: on, of that machine."""
    manifest = subject.manifest
    if not manifest.machine:
        starter = manifest.scheduler or "nobody"
        return [subject.ok(f"AWS does not start it: {starter} does")]
    if problem := machine_problem(subject.look, manifest.machine):
        return [subject.fail(f"its {problem}", DEPLOY)]
    if isinstance(subject, Subject) and (problem := gate_problem(subject)):
        return [subject.fail(problem, sentence(PLATFORM_AGAIN))]
    if not manifest.schedule or manifest.scheduler != AWS:
        when = (
            f"{manifest.scheduler or 'nobody'} starts it when it is due" if manifest.schedule else "it has no schedule"
        )
        return [subject.ok(f"{_name(manifest.machine)} is active; {when}")]
    return _schedule(subject)


def check_finished(subject: Subject | WorkflowSubject) -> Iterator[Finding]:
    """Whether something is left to do in its declaration, where it was moved from elsewhere."""
    if subject.manifest.unfinished:
        advice = "Do it, then delete unfinished= in the declaration: until then no export has it"
        yield subject.warn(f"it is unfinished: {subject.manifest.unfinished}", advice)


def machine_problem(look: StageQuestions, arn: str) -> str:
    """What is wrong with a state machine; empty where it is active."""
    parameters = {"stateMachineArn": arn}
    machine = look.find("StateMachineDoesNotExist", "stepfunctions", "describe_state_machine", **parameters)
    if machine is None:
        return f"machine {_name(arn)} does not exist"
    return "" if machine.get("status") == "ACTIVE" else f"machine {_name(arn)} is {machine.get('status')}"


def gate_problem(subject: Subject) -> str:
    """Why the stage's function would answer none of its machine's questions; empty where it answers.

    It is asked whether a run may start, and starts none.
    """
    manifest, names = subject.manifest, StageNames.of(subject.manifest)
    execution = {"Id": execution_arn(manifest.machine, "verify"), "StartTime": utc(subject.at), "Input": {}}
    never = {"error": name_of(Row.NEVER_STARTED, 0)}
    question = {"protocol": PROTOCOL, "ask": "gate", "dry": True, "execution": execution, "memo": {"lost": never}}
    request = {"FunctionName": names.machines, "Payload": json.dumps(question)}
    answer = subject.look.find("ResourceNotFoundException", "lambda", "invoke", **request)
    if answer is None:
        return f"there is no function {names.machines}, which its machine asks: nothing starts it"
    told = object_or_empty(answer["Payload"].decode("utf-8", "replace"))
    if answer.get("FunctionError") or told.get("next") not in ("start", "wait", "fail"):
        why = told.get("errorMessage") or "its log says why"
        return f"the function {names.machines}, which its machine asks, fails: {one_line(str(why))}"
    if told.get("error") == name_of(Row.NO_RESULT, 0):
        return f"{names.machines} lets none of its runs start: {object_or_empty(told.get('cause')).get('why')}"
    return ""


def _schedule(subject: Subject | WorkflowSubject) -> Iterator[Finding]:
    manifest = subject.manifest
    group = StageNames.of(manifest).schedules
    parameters = {"GroupName": group, "Name": subject.about}
    schedule = subject.look.find("ResourceNotFoundException", "scheduler", "get_schedule", **parameters)
    if schedule is None:
        yield subject.fail(f"{group} has no schedule {subject.about}: nothing starts it", DEPLOY)
        return
    target = str(schedule.get("Target", {}).get("Arn", ""))
    if schedule.get("State") != "ENABLED":
        what = f"its schedule is {schedule.get('State')}: nothing starts it"
        yield subject.fail(what, "Enable it, or pause it, which is shown and ends by itself")
    elif target != manifest.machine:
        yield subject.fail(f"its schedule starts {target}, not {manifest.machine}", DEPLOY)
    elif _other_times(schedule, manifest.schedule):
        is_due = f"{schedule.get('ScheduleExpression', 'never')} {schedule.get('ScheduleExpressionTimezone', 'UTC')}"
        yield subject.fail(f"its schedule is {is_due}, and {manifest.schedule} is declared", DEPLOY)
    else:
        yield subject.ok(f"{_name(manifest.machine)} is active, and its schedule is on")


def _other_times(schedule: Mapping[str, Any], declared: str) -> bool:
    """Whether a schedule is due at other times than those declared; not where these cannot be read here. Pure."""
    expression = str(schedule.get("ScheduleExpression", ""))
    zone = str(schedule.get("ScheduleExpressionTimezone", "UTC"))
    try:
        wanted = from_text(declared)
    except ScheduleError:
        return False
    try:
        return from_eventbridge(expression, zone) != wanted
    except ScheduleError:
        return True


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]


def check_steps(subject: WorkflowSubject) -> Iterator[Finding]:
    """Whether each step's batch is there, with a machine that is active."""
    names = dict.fromkeys(step.batch for step in subject.manifest.all_steps)
    if not any(batch.machine for batch in subject.batches.values()):
        what = "no batch of the stage has a machine, as no project has a workflow here any more: each run of it fails"
        yield subject.fail(what, f"Delete what is left of it: {subject.manifest.delete_command}")
        return
    wrong = (finding for name in names for finding in _batch(subject, name))
    yield from subject.or_ok(wrong, f"its batches have active machines: {', '.join(names)}")


def check_pauses(subject: WorkflowSubject) -> Iterator[Finding]:
    """Whether it is paused, or one of its steps."""
    yield from subject.or_ok(_paused(subject), "neither it nor a step is paused")


def check_other_starters(subject: WorkflowSubject) -> Iterator[Finding]:
    """Whether something else starts a batch that runs only once at a time."""
    yield from subject.or_ok(_started(subject), "nothing else can get in the way of a step")


WORKFLOW_CHECKS: Mapping[str, Callable[[WorkflowSubject], Iterable[Finding]]] = {
    "declaration": check_finished,
    "schedule": check_starter,
    "steps": check_steps,
    "pauses": check_pauses,
    "other starters": check_other_starters,
}
"""All checks of a workflow by name, in the order in which they are shown."""


def _batch(subject: WorkflowSubject, name: str) -> Iterator[Finding]:
    batch = subject.batches.get(name)
    if batch is None:
        what = f"its batch {name} has no manifest here that can be used: its step fails"
        yield subject.fail(what, "Deploy the batch, or the workflow without it")
    elif not batch.machine:
        yield subject.fail(f"its batch {name} has no machine: its step fails", DEPLOY)
    elif problem := machine_problem(subject.look, batch.machine):
        yield subject.fail(f"{name}'s {problem}: its step fails", DEPLOY)


def _paused(subject: WorkflowSubject) -> Iterator[Finding]:
    option = f"-s {subject.manifest.stage}"
    if pause := subject.paused.get(subject.about):
        what = f"it is paused {pause.words()}: it does not start"
        yield subject.warn(what, f"End it with batchwright resume {subject.about} {option}")
    for step in subject.manifest.all_steps:
        if pause := subject.paused.get(step.batch):
            what = f"step {step.name} is paused {pause.words()}: it fails"
            yield subject.warn(what, f"End it with batchwright resume {step.batch} {option}")


def _started(subject: WorkflowSubject) -> Iterator[Finding]:
    for name in dict.fromkeys(step.batch for step in subject.manifest.all_steps):
        batch = subject.batches.get(name)
        if batch is None or not batch.at_once.refused:
            continue
        flows = [workflow.name for workflow in subject.workflows if _has(workflow, name)]
        others = [f"workflow {flow}" for flow in flows if flow != subject.about]
        if batch.schedule and batch.scheduler not in ("", NOBODY):
            others.insert(0, batch.scheduler)
        if others:
            what = f"{name} is started by {', '.join(others)}, too, and {REFUSING} fails one of two at once"
            yield subject.warn(what, f"Say {WAITING} of the batch")


def _has(workflow: WorkflowManifest, batch: str) -> bool:
    return any(step.batch == batch for step in workflow.all_steps)
