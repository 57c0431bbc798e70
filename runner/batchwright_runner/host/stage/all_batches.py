"""Reads the manifests of all batches of a stage."""

from collections.abc import Sequence

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pages import last_part, parameters_below
from batchwright_runner.errors import UnusableManifestError
from batchwright_runner.host.aws.retry import LIST_HINT, PatientAws
from batchwright_runner.host.stage.batches import manifest_in
from batchwright_runner.host.stage.seen_names import SeenNames
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.zone import show_as

SAID = 3
"""Manifests for which a note says why they cannot be used."""

Unusable = dict[str, UnusableManifestError]
"""Batch to why its manifest cannot be used."""


def all_batches(stage: Stage, *, hint: str = LIST_HINT, unusable: Unusable | None = None) -> list[BatchManifest]:
    """Reads the manifests of all batches, in the order of their names. Completion offers these names afterwards."""
    project, name = stage.target.project, stage.target.stage
    folder = StageNames(project, name).manifests
    aws = PatientAws(stage.aws, f"the manifests below {folder} cannot be read", stage.waiter, stage.tell, hint=hint)
    manifests: list[BatchManifest] = []
    left_out: Unusable = {} if unusable is None else unusable
    for parameter in parameters_below(aws.call, folder):
        try:
            manifests.append(manifest_in(parameter["Name"], parameter))
        except UnusableManifestError as error:
            left_out[last_part(parameter)] = error
    manifests.sort(key=lambda manifest: manifest.batch)
    show_as(manifest.timezone for manifest in manifests)
    if stage.cache is not None:
        SeenNames.below(stage.cache).remember(project, name, manifests)
    if unusable is None:
        say_left_out(stage, left_out, manifests)
    return manifests


def say_left_out(stage: Stage, unusable: Unusable, others: Sequence[BatchManifest]) -> None:
    """Names batches that are left out, and says why."""
    for error in unusable.values() if not others else ():
        raise error
    for name, error in list(unusable.items())[:SAID]:
        stage.tell.note(f"batch {name} is left out: {error}")
    if len(unusable) > SAID:
        stage.tell.note(f"{len(unusable) - SAID} more are left out likewise: {', '.join(list(unusable)[SAID:])}")
