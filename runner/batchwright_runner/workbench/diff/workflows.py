"""The changes of a workflow: its order, what a failure means, what always runs, options. Pure."""

from datetime import datetime

from batchwright_runner.contract.workflows.record import FORMS
from batchwright_runner.contract.workflows.structure import Chain, WorkflowStep
from batchwright_runner.workbench.diff.arrivals import declared
from batchwright_runner.workbench.diff.batch import WorkflowPair, WorkflowSide
from batchwright_runner.workbench.diff.change import ChangeList, FailOn, Topic, When
from batchwright_runner.workbench.diff.schedules import first_starts, schedule_changes
from batchwright_runner.workbench.diff.settings import field_changes, option_changes
from batchwright_runner.workbench.diff.watched import watch_changes
from batchwright_runner.workbench.diff.wording import became
from batchwright_runner.workbench.page.workflow_page import FAILS

_ELSEWHERE = {
    *("schema", "runner", "project", "stage", "name", "steps", "always"),
    *("schedule", "scheduler"),  # in schedules.py
    *("options", "timezone", "expected_seconds"),  # in settings.py, below, and in watched.py
}


def workflow_changes(pair: WorkflowPair, changes: ChangeList) -> None:
    """Adds what differs."""
    old, new = pair.before.manifest, pair.after.manifest
    for title, before, after in (("its steps", old.steps, new.steps), ("always, at the end", old.always, new.always)):
        if in_order(before) != in_order(after):
            changes.add(Topic.RUN, f"{title}: {became(in_order(before), in_order(after))}")
    steps = {step.name: step for step in old.all_steps}
    for step in new.all_steps:
        _step(steps.get(step.name, WorkflowStep(name=step.name, batch=step.batch)), step, changes)
    schedule_changes(pair, changes)
    option_changes(pair, changes)
    for name in FORMS:
        if name not in _ELSEWHERE and getattr(old, name) != getattr(new, name):
            field_changes(name, getattr(old, name), getattr(new, name), changes)
    if old.timezone != new.timezone:
        changes.add(Topic.RUN, f"time zone of the day that its steps are given: {became(old.timezone, new.timezone)}")
    watch_changes(pair, changes)


def workflow_arrival(new: WorkflowSide, now: datetime, changes: ChangeList, *, elsewhere: bool) -> None:
    """Adds what a workflow is that is new."""
    flow = new.manifest
    declared(flow, changes, elsewhere=elsewhere)
    always = f"; then always {in_order(flow.always)}" if flow.always else ""
    changes.add(Topic.RUN, f"runs {in_order(flow.steps)}{always}", When.DEPLOY)
    for step in flow.all_steps:
        if step.on_failure != "stop":
            changes.add(Topic.RUN, f"if {step.name} fails, {FAILS[step.on_failure]}", When.DEPLOY)
    first_starts(flow, now, changes)


def workflow_departure(old: WorkflowSide, changes: ChangeList, *, stays: bool, elsewhere: bool) -> None:
    """Adds what becomes of a workflow that is no longer declared."""
    lead = "no longer declared for this stage" if elsewhere else "no longer declared"
    starter = f", and {old.manifest.scheduler} starts it," if old.manifest.scheduler else ""
    then = "the deployment deletes its machine, and AWS ends the runs in progress"
    when = When.STAY if stays else When.DEPLOY
    if stays:
        then = f"its machine stays{starter} until its stack is deleted"
    changes.add(Topic.REMOVED, f"{lead}: {then}", when, gates=[FailOn.REMOVED], gone=not elsewhere)


def in_order(chain: Chain) -> str:
    """A chain in words: ``extract, then (orders-load, then orders-check) beside coupons-load, then report``."""
    return ", then ".join(
        item.name if isinstance(item, WorkflowStep) else " beside ".join(map(_branch, item.branches)) for item in chain
    )


def _branch(branch: Chain) -> str:
    return in_order(branch) if len(branch) == 1 and isinstance(branch[0], WorkflowStep) else f"({in_order(branch)})"


def _step(old: WorkflowStep, new: WorkflowStep, changes: ChangeList) -> None:
    if old.batch != new.batch:
        changes.add(Topic.RUN, f"step {new.name} runs {new.batch} instead of {old.batch}")
    if old.on_failure != new.on_failure:
        changes.add(
            Topic.RUN, f"if {new.name} fails, {FAILS[new.on_failure]} (on_failure {old.on_failure} → {new.on_failure})"
        )
    changes.add_leaves(Topic.RUN, f"step {new.name}, option", dict(old.options), dict(new.options))
