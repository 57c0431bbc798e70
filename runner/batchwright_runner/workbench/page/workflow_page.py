"""What is known of a workflow, or of one of its runs, as a document and as JSON. Pure."""

import shlex
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from batchwright_runner.contract.command_lines import command_line
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.moments import SECONDS, head, shown
from batchwright_runner.contract.run_entry import cells_of, entry_of
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.run import StepsRun
from batchwright_runner.contract.workflows.structure import Chain, OnFailure, WorkflowStep
from batchwright_runner.host.runs.workflow_end import STEP_HEAD
from batchwright_runner.host.workflows.end import execution_page
from batchwright_runner.host.workflows.seen import SeenRun
from batchwright_runner.workbench.page.batch_page import HISTORY, Linked, about_facts, due_facts, unlinked
from batchwright_runner.workbench.page.document import (
    Commands,
    Document,
    Fact,
    Facts,
    Inline,
    Link,
    Section,
    Table,
    Text,
)
from batchwright_runner.workbench.page.workflow import KnownWorkflow
from batchwright_runner.workbench.project.known_names import LOCAL

STEPS = "Its steps"
"""The title of the section about them."""
FAILS: Mapping[OnFailure, str] = {
    "stop": "nothing after it starts",
    "fail-at-end": "what is after it starts, and the workflow fails",
    "ignore": "what is after it starts, and it does not count",
}
"""What a step's failure means for what comes later."""


def document_of(described: KnownWorkflow | SeenRun, now: datetime, link: Linked = unlinked) -> Document:
    """A workflow, or a run of one, on one page."""
    return _run(described, now) if isinstance(described, SeenRun) else _workflow(described, link)


def data_of(run: SeenRun, now: datetime) -> dict[str, Any]:
    """A run of a workflow as ``--json`` prints it."""
    whole = entry_of(StepsRun.of(run.workflow, run.execution), now.timestamp())
    links = {"execution": execution_page(run.execution.arn)}
    steps = [step.to_dict() for step in run.steps]
    why = run.verdict.why if run.verdict else ""
    return {**whole, "stage": run.workflow.stage, "why": why, "steps": steps, "links": links}


def _workflow(described: KnownWorkflow, link: Linked) -> Document:
    workflow, at = described.record, described.now.timestamp()
    runs = described.runs or ()
    rows = tuple(cells_of(entry_of(run, at)) for run in runs)
    started = head("STARTED", (run.created for run in runs))
    history = Table(("RUN", started, "TOOK", "BY", "RESULT"), rows) if rows else Text("It has not run lately.")
    here = ("--local",) if workflow.stage == LOCAL else ("-s", workflow.stage)
    run = shlex.join(["batchwright", "run", workflow.name, *here])
    again = [run.again for run in runs[:1] if run.again]
    sections = (
        Section("When it runs", (Facts(tuple(_when(described))),)),
        Section(STEPS, (Table(("STEP", "BATCH", "AFTER", "IF IT FAILS"), tuple(_steps(workflow, link))),)),
        *([Section(HISTORY, (history,))] if described.runs is not None else []),
        Section("How to run it", (Commands((run, *again)),)),
    )
    about = tuple(about_facts(workflow, link("owner", described.owner)))
    return Document(f"Workflow {workflow.name} in {workflow.stage}", about, sections)


def declared_facts(described: KnownWorkflow) -> Iterator[Fact]:
    """What a page shows of a declaration alone: the facts that two of them are compared by."""
    yield from about_facts(described.record, described.owner)
    yield from _when(described)
    given = {step.name: step.options for step in described.record.all_steps}
    for name, batch, after, fails in _steps(described.record, unlinked):
        options = "".join(f", {option}={value}" for option, value in given.get(str(name), {}).items())
        yield Fact(f"step {name}", f"runs {batch} after {after}; if it fails, {fails}{options}")


def _when(described: KnownWorkflow) -> Iterator[Fact]:
    workflow = described.record
    yield from due_facts(described, workflow.scheduler, workflow.unfinished)
    if workflow.expected_seconds:
        yield Fact("takes at most", format_duration(workflow.expected_seconds))
    yield Fact("two at once", workflow.at_once.words)
    for option in workflow.options:
        words = (option.description or "given to its steps", ", ".join(option.values) or option.pattern)
        yield Fact(f"option {option.name}", ": ".join(filter(None, words)))


def _steps(workflow: WorkflowManifest, link: Linked) -> Iterator[tuple[Inline, ...]]:
    """The steps in declared order, each with those that end before it begins."""
    yield from _chain(workflow.steps, (), link)
    before = "all else"
    for step in workflow.always:
        counts = "it does not count" if step.on_failure == "ignore" else "the workflow fails"
        yield step.name, link("batch", step.batch), before, counts
        before = step.name


def _chain(chain: Chain, before: tuple[str, ...], link: Linked) -> Iterator[tuple[Inline, ...]]:
    for item in chain:
        if isinstance(item, WorkflowStep):
            yield item.name, link("batch", item.batch), ", ".join(before) or "-", FAILS[item.on_failure]
            before = (item.name,)
        else:
            for branch in item.branches:
                yield from _chain(branch, before, link)
            before = tuple(name for branch in item.branches for name in _last(branch))


def _last(chain: Chain) -> tuple[str, ...]:
    """The steps with which a chain ends."""
    end = chain[-1]
    if isinstance(end, WorkflowStep):
        return (end.name,)
    return tuple(name for branch in end.branches for name in _last(branch))


def _run(run: SeenRun, now: datetime) -> Document:
    workflow, execution, ended = run.workflow, run.execution, run.verdict
    seconds = (execution.stopped or now.timestamp()) - execution.started
    rows = tuple(step.cells for step in run.steps)
    result = (
        Fact("result", ended.said if ended else "in progress"),
        Fact("took" if ended else "takes until now", format_duration(seconds)),
        Fact("started", shown(execution.started, SECONDS)),
        *([Fact("due", shown(execution.scheduled))] if execution.scheduled else []),
        Fact("execution", Link("", execution_page(execution.arn))),
    )
    name = f"{workflow.name}@{execution.run_id}"
    verbs = ("logs",) if ended else ("attach", "logs", "stop")
    again = StepsRun.of(workflow, execution).again
    commands = [*(command_line(verb, name, workflow.stage) for verb in verbs), *([again] if again else [])]
    sections = (
        Section("How it went", (Facts(result), Table(STEP_HEAD, rows))),
        Section("What to do", (Commands(tuple(commands)),)),
    )
    head = (
        Fact("workflow", workflow.name),
        Fact("run id", execution.run_id),
        Fact("started by", execution.asked_by),
        Fact("owner", workflow.owner),
        *([Fact("runbook", Link("", workflow.runbook))] if workflow.runbook else []),
    )
    return Document(f"Run {execution.run_id} of {workflow.name} in {workflow.stage}", head, sections)
