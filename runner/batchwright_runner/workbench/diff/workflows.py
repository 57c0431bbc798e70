"""What is said of a workflow: its order, what a failure means, what always runs, options. Pure."""

from datetime import datetime

from batchwright_runner.contract.workflows.record import FORMS
from batchwright_runner.contract.workflows.structure import Chain, WorkflowStep
from batchwright_runner.workbench.diff.batch import WorkflowPair, WorkflowSide
from batchwright_runner.workbench.diff.change import ChangeList, Gate, Kind, When
from batchwright_runner.workbench.diff.schedules import first_starts, schedule_changes
from batchwright_runner.workbench.diff.settings import option_changes, said_of
from batchwright_runner.workbench.diff.watched import watch_changes
from batchwright_runner.workbench.diff.wording import became, leaves, shown
from batchwright_runner.workbench.page.workflow_page import FAILS

_SAID_ELSEWHERE = {
    *("schema", "runner", "project", "stage", "name", "steps", "always"),
    *("schedule", "scheduler"),  # in schedules.py
    *("options", "timezone", "expected_seconds"),  # in settings.py, below, and in watched.py
}


def workflow_changes(pair: WorkflowPair, said: ChangeList) -> None:
    """Says what differs."""
    old, new = pair.before.manifest, pair.after.manifest
    for what, before, after in (("its steps", old.steps, new.steps), ("always, at the end", old.always, new.always)):
        if in_order(before) != in_order(after):
            said.say(Kind.RUN, f"{what}: {became(in_order(before), in_order(after))}")
    steps = {step.name: step for step in old.all_steps}
    for step in new.all_steps:
        _step(steps.get(step.name, WorkflowStep(name=step.name, batch=step.batch)), step, said)
    schedule_changes(pair, said)
    option_changes(pair, said)
    for name in FORMS:
        if name not in _SAID_ELSEWHERE and getattr(old, name) != getattr(new, name):
            for kind, text, when in said_of(name, getattr(old, name), getattr(new, name)):
                said.say(kind, text, when)
    if old.timezone != new.timezone:
        said.say(Kind.RUN, f"time zone of the day that its steps are given: {became(old.timezone, new.timezone)}")
    watch_changes(pair, said)


def workflow_arrival(new: WorkflowSide, now: datetime, said: ChangeList, *, elsewhere: bool) -> None:
    """Says what a workflow is that is new.

    Args:
        new: The workflow.
        now: The time from which on its next due times count.
        said: Where it is said.
        elsewhere: Another stage had it before.
    """
    flow = new.manifest
    about = f": {shown(flow.description)}" if flow.description else ""
    lead = "new in this stage" if elsewhere else "new workflow"
    said.say(Kind.ADDED, f"{lead}, owner {flow.owner}{about}", When.DEPLOY, come=not elsewhere)
    always = f"; then always {in_order(flow.always)}" if flow.always else ""
    said.say(Kind.RUN, f"runs {in_order(flow.steps)}{always}", When.DEPLOY)
    for step in flow.all_steps:
        if step.on_failure != "stop":
            said.say(Kind.RUN, f"if {step.name} fails, {FAILS[step.on_failure]}", When.DEPLOY)
    first_starts(flow, now, said)


def workflow_departure(said: ChangeList, *, stays: bool, elsewhere: bool) -> None:
    """Says what becomes of a workflow that is no longer declared.

    Args:
        said: Where it is said.
        stays: Its stack has gone from the app with it, and so stays deployed, which is said of the stack.
        elsewhere: Another stage still has it.
    """
    lead = "no longer declared for this stage" if elsewhere else "no longer declared"
    then = "" if stays else ": the deployment deletes its machine, and AWS ends the runs in progress"
    when = When.STAY if stays else When.DEPLOY
    said.say(Kind.REMOVED, f"{lead}{then}", when, gates=[Gate.REMOVED], gone=not elsewhere)


def in_order(chain: Chain) -> str:
    """A chain in words: ``extract, then (orders-load, then orders-check) beside coupons-load, then report``."""
    return ", then ".join(
        item.name if isinstance(item, WorkflowStep) else " beside ".join(map(_branch, item.branches)) for item in chain
    )


def _branch(branch: Chain) -> str:
    return in_order(branch) if len(branch) == 1 and isinstance(branch[0], WorkflowStep) else f"({in_order(branch)})"


def _step(old: WorkflowStep, new: WorkflowStep, said: ChangeList) -> None:
    if old.batch != new.batch:
        said.say(Kind.RUN, f"step {new.name} runs {new.batch} instead of {old.batch}")
    if old.on_failure != new.on_failure:
        said.say(
            Kind.RUN,
            f"if {new.name} fails, {FAILS[new.on_failure]} (on_failure {old.on_failure} → {new.on_failure})",
        )
    for option, before, after in leaves(dict(old.options), dict(new.options)):
        said.say(Kind.RUN, f"step {new.name}, option {option}: {became(before, after)}")
