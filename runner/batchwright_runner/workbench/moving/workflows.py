"""Jobs that start other jobs: their references, read, and as the steps of a workflow. Pure.

The keys are those of ``JobExec.fromMap`` (rundeck/rundeck; rundeck/docs, "Job YAML", read 2026-11).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from batchwright_runner.contract.checks import NAME_LENGTHS
from batchwright_runner.contract.project_pages import with_addresses
from batchwright_runner.contract.workflows.structure import MOST_STEPS
from batchwright_runner.workbench.moving.jobs import ForeignJob, JobStep, Reference, Todo, UnwritableError
from batchwright_runner.workbench.moving.join import JoinedBatch
from batchwright_runner.workbench.moving.sources import SourceTable, as_text, rest
from batchwright_runner.workbench.scaffold.python import Value, call

PAGE = with_addresses("docs/moving/rundeck-job-references.md")
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
    "multipleExecutions": "two runs at once are refused, unless the declaration lets the second one wait",
}
"""Fields of a job that a workflow does not have, with advice."""


def is_parent(job: SourceTable) -> bool:
    """Whether a job has a step that is another job."""
    sequence = job.get("sequence")
    commands = sequence.get("commands") if isinstance(sequence, SourceTable) else None
    return isinstance(commands, list) and any(isinstance(step, SourceTable) and "jobref" in step for step in commands)


def read_parent(job: SourceTable) -> JobStep:
    """The step of a job that starts other jobs."""
    sequence, references, todos = job.table("sequence"), list[Reference](), list[Todo]()
    for number, command in enumerate(sequence.tables("commands")):
        at, named = f"sequence.commands[{number}]", command.table("jobref")
        if not command.is_true("enabled", default=True):
            todos.append(Todo(f"{at}.enabled", "false", "the step is switched off, and left out here"))
        elif "jobref" not in command:
            todos.append(Todo(at, as_text(command), "it refers to no job: make it a batch, and a step here"))
        else:
            references.append(_reference(named, f"{at}.jobref"))
            names = _NAMED if references[-1].uuid else _NAMED - {"project"}
            unread = [*rest(command, _SAID, f"{at}."), *rest(named, names, f"{at}.jobref.")]
            said = [todo for todo in unread if todo.text.lower() != "false"]
            todos += [replace(todo, advice=_ADVICE.get(todo.field.rpartition(".")[2], "")) for todo in said]
    strategy, keeps_going = sequence.text("strategy"), sequence.is_true("keepgoing", default=False)
    if strategy not in ("", "node-first", "step-first", "sequential", "parallel"):
        todos.append(Todo("sequence.strategy", strategy, "the steps run one after another here"))
    if not references:
        raise UnwritableError(sequence.at("commands"), "sequence.commands", "each reference to a job is switched off")
    step = JobStep(references=tuple(references), parallel=strategy == "parallel", todos=tuple(todos))
    return replace(step, keeps_going=keeps_going)


def _reference(named: SourceTable, field: str = "") -> Reference:
    uuid = "" if named.is_true("useName", default=False) else named.text("uuid")
    return Reference(field, named.text("name"), named.text("group"), uuid)


def notes(tables: Sequence[SourceTable], jobs: Sequence[ForeignJob]) -> Iterator[str]:
    """Notes about error handlers that refer to jobs which become batches: only a reference by UUID holds."""
    for table in (job for job in tables if not is_parent(job)):
        for reference in map(_reference, _jobrefs(table.get("sequence"))):
            link = "UUID: it holds" if reference.uuid else "group and name: it breaks with the import, as both are new"
            for job in filter(reference.means, jobs):
                yield f"{table.get('name')} refers to {job.name} by {link} ({PAGE})"


def _jobrefs(value: object) -> Iterator[SourceTable]:
    """The references to jobs in a workflow, those of its error handlers among them."""
    if isinstance(value, SourceTable) and isinstance(named := value.get("jobref"), SourceTable):
        yield named
    for item in value if isinstance(value, list) else value.values() if isinstance(value, SourceTable) else ():
        yield from _jobrefs(item)


@dataclass(frozen=True, slots=True)
class Steps:
    """What the references of jobs mean."""

    # Reference to the batch or workflow of its job, which may be moved already
    names: Mapping[Reference, str] = field(default_factory=dict)
    stages: Mapping[str, Collection[str]] = field(default_factory=dict)
    unfinished: Collection[str] = ()

    def batch(self, reference: Reference) -> str:
        """The batch of a reference; empty for none."""
        name = self.names.get(reference, "")
        return name if name in self.stages else ""


def names_of(jobs: Sequence[ForeignJob], batches: Sequence[JoinedBatch]) -> dict[Reference, str]:
    """Reference to the batch or workflow that its job becomes, or starts already."""
    references = {reference for job in jobs for reference in job.step.references}
    names = [(part.job, batch.name) for batch in batches for part in batch.parts.values()]
    names += [(job, job.step.name) for job in jobs if job.step.moved]
    return {reference: name for reference in references for job, name in names if reference.means(job)}


def in_its_stages(workflow: JoinedBatch, steps: Steps) -> JoinedBatch:
    """A workflow in the stages that have all of its steps; the one that is read is among them."""
    job, of_stages = workflow.job, workflow.parts.items()
    batches = {stage: [*filter(None, map(steps.batch, part.job.step.references))] for stage, part in of_stages}
    read = next(iter(batches))
    if not batches[read]:
        hint = f"Read the jobs to which it refers in the same call; or it may stay in Rundeck: {PAGE}"
        raise UnwritableError(job.place, "", "none of its steps is a job that becomes a batch", hint=hint)
    if len(batches[read]) > MOST_STEPS:
        raise UnwritableError(job.place, "", f"it has more than {MOST_STEPS} steps")
    complete = {stage for stage in batches if all(stage in steps.stages[batch] for batch in batches[stage])}
    if read not in complete:
        raise UnwritableError(job.place, "", f"stage {read} has not all of its steps")
    parts = {stage: part for stage, part in of_stages if stage in complete and batches[stage]}
    return replace(workflow, parts=parts)


def steps_of(job: ForeignJob, steps: Steps, todos: list[Todo]) -> Value:
    """The argument ``steps``."""
    steps_by_name: dict[str, Value] = {}
    for reference in job.step.references:
        batch = steps.batch(reference)
        if not batch:
            text = "/".join(filter(None, (reference.group, reference.name))) or reference.uuid
            todos.append(Todo(reference.field, text, "no batch is known for it: declare one, and write the step here"))
        elif batch in steps_by_name and job.step.parallel:
            todos.append(Todo(reference.field, batch, "it would run beside itself, and is here once"))
        else:
            name = next(name for name in _names(batch) if name not in steps_by_name)
            named = {"name": name} if name != batch else {}
            named |= {"on_failure": "fail-at-end"} if job.step.keeps_going else {}
            steps_by_name[name] = call("Step", batch, **named) if named else batch
            if batch in steps.unfinished:
                todos.append(Todo(reference.field, batch, "it has a TODO of its own"))
    return [call("Parallel", *steps_by_name.values())] if job.step.parallel else [*steps_by_name.values()]


def _names(batch: str) -> Iterator[str]:
    """What a step may be called: as its batch, then with a number."""
    yield batch
    ends = (f"-{number}" for number in range(2, 2 * MOST_STEPS + 2))
    yield from (batch[: NAME_LENGTHS[-1] - len(end)].rstrip("-") + end for end in ends)
