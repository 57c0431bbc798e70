"""Who starts a batch, where AWS does: its state machine and its schedule."""

from collections.abc import Iterator, Mapping
from typing import Any

from batchwright_runner.contract.names import schedules_group
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.readers import from_eventbridge
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.sizes import AWS
from batchwright_runner.contract.stop_reasons import BATCH_AGAIN
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.terminal.text import sentence
from batchwright_runner.host.verify.look import StageQuestions
from batchwright_runner.host.verify.subject import Subject, WorkflowSubject

DEPLOY = sentence(BATCH_AGAIN)


def check_starter(subject: Subject | WorkflowSubject) -> Iterator[Finding]:
    """Whether its machine is there, and where AWS starts it when it is due, its schedule is: on, of that machine."""
    manifest = subject.manifest
    if not manifest.machine:
        starter = manifest.scheduler or "nobody"
        yield subject.ok(f"AWS does not start it: {starter} does")
        return
    if problem := machine_problem(subject.look, manifest.machine):
        yield subject.fail(f"its {problem}", DEPLOY)
        return
    if not manifest.schedule or manifest.scheduler != AWS:
        when = (
            f"{manifest.scheduler or 'nobody'} starts it when it is due" if manifest.schedule else "it has no schedule"
        )
        yield subject.ok(f"{_name(manifest.machine)} is active; {when}")
        return
    yield from _schedule(subject)


def machine_problem(look: StageQuestions, arn: str) -> str:
    """What is wrong with a state machine; empty where it is active."""
    asked = {"stateMachineArn": arn}
    machine = look.find("StateMachineDoesNotExist", "stepfunctions", "describe_state_machine", **asked)
    if machine is None:
        return f"machine {_name(arn)} does not exist"
    return "" if machine.get("status") == "ACTIVE" else f"machine {_name(arn)} is {machine.get('status')}"


def _schedule(subject: Subject | WorkflowSubject) -> Iterator[Finding]:
    manifest = subject.manifest
    group = schedules_group(manifest.project, manifest.stage)
    asked = {"GroupName": group, "Name": subject.about}
    found = subject.look.find("ResourceNotFoundException", "scheduler", "get_schedule", **asked)
    if found is None:
        yield subject.fail(f"{group} has no schedule {subject.about}: nothing starts it", DEPLOY)
        return
    target = str(found.get("Target", {}).get("Arn", ""))
    if found.get("State") != "ENABLED":
        what = f"its schedule is {found.get('State')}: nothing starts it"
        yield subject.fail(what, "Enable it, or pause it, which is shown and ends by itself")
    elif target != manifest.machine:
        yield subject.fail(f"its schedule starts {target}, not {manifest.machine}", DEPLOY)
    elif _other_times(found, manifest.schedule):
        is_due = f"{found.get('ScheduleExpression', 'never')} {found.get('ScheduleExpressionTimezone', 'UTC')}"
        yield subject.fail(f"its schedule is {is_due}, and {manifest.schedule} is declared", DEPLOY)
    else:
        yield subject.ok(f"{_name(manifest.machine)} is active, and its schedule is on")


def _other_times(found: Mapping[str, Any], declared: str) -> bool:
    """Whether a schedule is due at other times than those declared; not where these cannot be read here. Pure."""
    expression, zone = str(found.get("ScheduleExpression", "")), str(found.get("ScheduleExpressionTimezone", "UTC"))
    try:
        wanted = CronSchedule.from_text(declared)
    except ScheduleError:
        return False
    try:
        return from_eventbridge(expression, zone) != wanted
    except ScheduleError:
        return True


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]
