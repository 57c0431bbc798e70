"""What is verified of a workflow: its steps, pauses, and who else starts its batches."""

from collections.abc import Callable, Iterator, Mapping

from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.contract.workflows.record import Workflow
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.verify.starter import DEPLOY, check_starter, machine_problem
from batchwright_runner.host.verify.subject import WorkflowSubject


def check_steps(subject: WorkflowSubject) -> Iterator[Finding]:
    """Whether each step's batch is there, with a machine that is active."""
    names = dict.fromkeys(step.batch for step in subject.manifest.all_steps)
    wrong = (finding for name in names for finding in _batch(subject, name))
    yield from subject.or_ok(wrong, f"its batches have active machines: {', '.join(names)}")


def check_pauses(subject: WorkflowSubject) -> Iterator[Finding]:
    """Whether it is paused, or one of its steps."""
    yield from subject.or_ok(_paused(subject), "neither it nor a step is paused")


def check_other_starters(subject: WorkflowSubject) -> Iterator[Finding]:
    """Whether something else starts a batch that runs only once at a time."""
    yield from subject.or_ok(_started(subject), "nothing else can get in the way of a step")


WORKFLOW_CHECKS: Mapping[str, Callable[[WorkflowSubject], Iterator[Finding]]] = {
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
    where = f"-s {subject.manifest.stage}"
    if pause := subject.paused.get(subject.about):
        what = f"it is paused {pause.words()}: it does not start"
        yield subject.warn(what, f"End it with batchwright resume {subject.about} {where}")
    for step in subject.manifest.all_steps:
        if pause := subject.paused.get(step.batch):
            what = f"step {step.name} is paused {pause.words()}: it fails"
            yield subject.warn(what, f"End it with batchwright resume {step.batch} {where}")


def _started(subject: WorkflowSubject) -> Iterator[Finding]:
    for name in dict.fromkeys(step.batch for step in subject.manifest.all_steps):
        batch = subject.batches.get(name)
        if batch is None or batch.overlap != "forbid":
            continue
        others = [f"workflow {one.name}" for one in subject.workflows if one.name != subject.about and _has(one, name)]
        if batch.schedule and batch.scheduler not in ("", NOBODY):
            others.insert(0, batch.scheduler)
        if others:
            what = f"{name} is started by {', '.join(others)}, too, and overlap forbid fails one of two at once"
            yield subject.warn(what, 'Say overlap="wait" of the batch')


def _has(workflow: Workflow, batch: str) -> bool:
    return any(step.batch == batch for step in workflow.all_steps)
