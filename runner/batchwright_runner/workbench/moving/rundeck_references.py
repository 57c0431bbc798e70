"""References of Rundeck's jobs to other jobs: those that become steps of a workflow, and those that stay. Pure.

The keys are those of ``JobExec.fromMap`` (rundeck/rundeck; rundeck/docs, "Job YAML", read 2026-11).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from batchwright_runner.workbench.moving.jobs import ForeignJob, JobStep, Reference, Todo, UnwritableError
from batchwright_runner.workbench.moving.sources import SourceTable, as_text, rest

PAGE = "docs/moving/rundeck-job-references.md"
"""What becomes of jobs that refer to other jobs, and of error handlers."""

_NAMED = frozenset({"name", "group", "uuid", "useName", "project", "nodeStep", "childNodes"})
"""The keys that name the job; nodes are chosen by ``nodefilters``."""
_SAID = frozenset({"jobref", "description", "enabled"})
_ADVICE = {
    "errorhandler": f"what becomes of it: {PAGE}",
    "args": "a Step has options=, or the workflow has, for each run",
    "nodefilters": "a batch runs on no node",
    "project": "is it the project of these jobs? Another one's job is another batch",
    "importOptions": "a step gets the workflow's options= that its batch declares",
    "ignoreNotifications": "a step that fails is told as its batch says: alerts=False there",
    "failOnDisable": "a step that is paused fails the workflow",
}
OF_WORKFLOWS = {
    "timeout": "a workflow has none, as its batches have; expected= says how long it usually takes",
    "retry": "a workflow is not tried again, but its batches are: retry= there",
    "multipleExecutions": "two runs at once are refused; overlap='wait' lets the second one wait",
}
"""Fields of a job that a workflow does not have, with advice."""


def is_parent(job: SourceTable) -> bool:
    """Whether a job has a step that is another job."""
    sequence = job.get("sequence")
    commands = sequence.get("commands") if isinstance(sequence, SourceTable) else None
    return isinstance(commands, list) and any(isinstance(step, SourceTable) and "jobref" in step for step in commands)


def read_parent(job: SourceTable) -> JobStep:
    """The step of a job that starts other jobs."""
    sequence = job.table("sequence")
    references: list[Reference] = []
    todos: list[Todo] = []
    for number, command in enumerate(sequence.tables("commands")):
        at = f"sequence.commands[{number}]"
        if not command.is_true("enabled", default=True):
            todos.append(Todo(f"{at}.enabled", "false", "the step is switched off, and left out here"))
        elif "jobref" not in command:
            todos.append(Todo(at, as_text(command), "it refers to no job: make it a batch, and a step here"))
        else:
            named = command.table("jobref")
            references.append(_reference(named, f"{at}.jobref"))
            names = _NAMED if references[-1].uuid else _NAMED - {"project"}
            unread = [*rest(command, _SAID, f"{at}."), *rest(named, names, f"{at}.jobref.")]
            todos += [
                replace(todo, advice=_ADVICE.get(todo.field.rpartition(".")[2], ""))
                for todo in unread
                if todo.text.lower() != "false"
            ]
    strategy = sequence.text("strategy")
    if strategy not in ("", "node-first", "step-first", "sequential", "parallel"):
        todos.append(Todo("sequence.strategy", strategy, "the steps run one after another here"))
    if not references:
        raise UnwritableError(sequence.at("commands"), "sequence.commands", "each reference to a job is switched off")
    return JobStep(
        references=tuple(references),
        parallel=strategy == "parallel",
        keeps_going=sequence.is_true("keepgoing", default=False),
        todos=tuple(todos),
    )


def _reference(named: SourceTable, field: str = "") -> Reference:
    uuid = "" if named.is_true("useName", default=False) else named.text("uuid")
    return Reference(field, named.text("name"), named.text("group"), uuid)


def notes(tables: Sequence[SourceTable], jobs: Sequence[ForeignJob]) -> Iterator[str]:
    """Notes about error handlers that refer to jobs which become batches: only a reference by UUID holds."""
    for table in (job for job in tables if not is_parent(job)):
        for reference in map(_reference, _jobrefs(table.get("sequence"))):
            link = "group and name: it breaks with the import, as both are new"
            if reference.uuid:
                link = "UUID: it holds"
            for job in filter(reference.means, jobs):
                yield f"{table.get('name')} refers to {job.name} by {link} ({PAGE})"


def _jobrefs(value: object) -> Iterator[SourceTable]:
    """The references to jobs in a workflow, those of its error handlers among them."""
    if isinstance(value, list):
        for item in value:
            yield from _jobrefs(item)
    elif isinstance(value, SourceTable):
        for key, item in value.items():
            if key == "jobref" and isinstance(item, SourceTable):
                yield item
            else:
                yield from _jobrefs(item)
