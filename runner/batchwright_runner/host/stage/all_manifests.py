"""Reads all manifests of a stage, of its batches and of its workflows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from batchwright_runner.contract.json_text import object_or_empty
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pages import last_part, parameters_below
from batchwright_runner.contract.records import kind_of
from batchwright_runner.contract.workflows.manifest import WORKFLOW, WorkflowManifest
from batchwright_runner.errors import UnusableManifestError
from batchwright_runner.host.aws.retry import LIST_HINT, PatientAws
from batchwright_runner.host.stage.manifests import manifest_in
from batchwright_runner.host.stage.seen_names import SeenNames
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.zone import show_as

SAID = 3
"""Manifests for which a note says why they cannot be used."""

Unusable = dict[str, UnusableManifestError]
"""Name to why its manifest cannot be used."""


@dataclass(frozen=True, slots=True)
class Manifests:
    """The manifests of a stage, in the order of their names."""

    batches: list[BatchManifest] = field(default_factory=list)
    workflows: list[WorkflowManifest] = field(default_factory=list)
    unusable: Unusable = field(default_factory=dict)
    unusable_workflows: Unusable = field(default_factory=dict)

    @property
    def all(self) -> list[Manifest]:
        """All of both kinds."""
        return [*self.batches, *self.workflows]

    def add(self, manifest: Manifest) -> None:
        """Takes one more."""
        match manifest:
            case BatchManifest():
                self.batches.append(manifest)
            case WorkflowManifest():
                self.workflows.append(manifest)

    def say_left_out(self, note: Callable[[str], None]) -> None:
        """Names what is left out, and says why."""
        say_left_out(note, self.unusable, self.batches)
        for error in self.unusable_workflows.values():
            note(f"a workflow is left out: {error}")


def all_manifests(stage: Stage, *, hint: str = LIST_HINT) -> Manifests:
    """Reads all manifests. Completion offers the names of the batches afterwards."""
    project, name = stage.target.project, stage.target.stage
    folder, found = StageNames(project, name).manifests, Manifests()
    aws = PatientAws(stage.aws, f"the manifests below {folder} cannot be read", stage.waiter, stage.tell, hint=hint)
    for parameter in sorted(parameters_below(aws.call, folder), key=last_part):
        try:
            found.add(manifest_in(str(parameter["Name"]), parameter))
        except UnusableManifestError as error:
            is_workflow = kind_of(object_or_empty(parameter["Value"])) == WORKFLOW
            (found.unusable_workflows if is_workflow else found.unusable)[last_part(parameter)] = error
    show_as(manifest.timezone for manifest in found.all)
    if stage.cache is not None:
        SeenNames.below(stage.cache).remember(project, name, found.batches)
    return found


def all_batches(stage: Stage, *, hint: str = LIST_HINT, unusable: Unusable | None = None) -> list[BatchManifest]:
    """Reads the manifests of all batches; those of workflows are skipped."""
    found = all_manifests(stage, hint=hint)
    if unusable is None:
        say_left_out(stage.tell.note, found.unusable, found.batches)
    else:
        unusable |= found.unusable
    return found.batches


def say_left_out(note: Callable[[str], None], unusable: Unusable, others: Sequence[BatchManifest]) -> None:
    """Names batches that are left out, and says why."""
    for error in unusable.values() if not others else ():
        raise error
    for name, error in list(unusable.items())[:SAID]:
        note(f"batch {name} is left out: {error}")
    if len(unusable) > SAID:
        note(f"{len(unusable) - SAID} more are left out likewise: {', '.join(list(unusable)[SAID:])}")
