"""Jobs that start other jobs, as workflows: the argument ``steps``, and the stages in which it holds. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from batchwright_runner.contract.checks import NAME_LENGTHS
from batchwright_runner.contract.workflows.structure import MOST_STEPS
from batchwright_runner.workbench.moving.jobs import ForeignJob, Reference, Todo, UnwritableError
from batchwright_runner.workbench.moving.join import JoinedBatch, MoveTarget, name_of
from batchwright_runner.workbench.moving.rundeck_references import PAGE
from batchwright_runner.workbench.scaffold.python import Value, call


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


def names_of(
    jobs: Sequence[ForeignJob], renamed: Sequence[ForeignJob], target: MoveTarget, batches: Sequence[JoinedBatch]
) -> dict[Reference, str]:
    """Reference to the batch or workflow that its job becomes.

    `batches`: what they became: of two jobs that would be one batch, only the first is it.
    """
    made = {(batch.name, part.job.place, part.job.group) for batch in batches for part in batch.parts.values()}
    references = {reference for job in jobs for reference in job.step.references}
    names: dict[Reference, str] = {}
    for job, new in zip(jobs, renamed, strict=True):
        name = name_of(new, target)
        if new.step.moved or (name, new.place, new.group) in made:
            names |= {reference: name for reference in references if reference.means(job)}
    return names


def in_its_stages(workflow: JoinedBatch, steps: Steps) -> JoinedBatch:
    """A workflow in the stages that have all of its steps; the one that is read is among them."""
    job = workflow.job
    batches = {
        stage: [batch for reference in part.job.step.references if (batch := steps.batch(reference))]
        for stage, part in workflow.parts.items()
    }
    read = next(iter(batches))
    if not batches[read]:
        hint = f"Read the jobs to which it refers in the same call; or it may stay in Rundeck: {PAGE}"
        raise UnwritableError(job.place, job.name, "none of its steps is a job that becomes a batch", hint=hint)
    if len(batches[read]) > MOST_STEPS:
        raise UnwritableError(job.place, job.name, f"it has more than {MOST_STEPS} steps")
    parts = {
        stage: part
        for stage, part in workflow.parts.items()
        if batches[stage] and all(stage in steps.stages[batch] for batch in batches[stage])
    }
    if read not in parts:
        raise UnwritableError(job.place, job.name, f"stage {read} has not all of its steps")
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
    for number in range(2, 2 * MOST_STEPS + 2):
        end = f"-{number}"
        yield batch[: NAME_LENGTHS[-1] - len(end)].rstrip("-") + end
