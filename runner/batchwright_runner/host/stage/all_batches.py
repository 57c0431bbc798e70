"""Reads the manifests of all batches of a stage."""

from collections.abc import Callable

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import manifests_folder
from batchwright_runner.errors import UnusableManifestError
from batchwright_runner.host.aws.parameters import last_part, parameters_below
from batchwright_runner.host.aws.retry import LIST_HINT, PatientAws
from batchwright_runner.host.stage.batches import manifest_in
from batchwright_runner.host.stage.seen_names import SeenNames
from batchwright_runner.host.stage.session import Stage


def all_batches(
    stage: Stage, *, hint: str = LIST_HINT, unusable: Callable[[str, UnusableManifestError], None] | None = None
) -> list[BatchManifest]:
    """Reads the manifests of all batches, in the order of their names. Completion offers these names afterwards.

    Args:
        stage: The stage.
        hint: What to do where a permission is missing.
        unusable: Is told of a batch whose manifest cannot be used. Default: that is an error.

    Raises:
        DeniedError: The caller may not list them.
        RunnerError: They cannot be read, or one cannot be used.
    """
    project, name = stage.target.project, stage.target.stage
    folder = manifests_folder(project, name)
    aws = PatientAws(stage.aws, f"the manifests below {folder} cannot be read", stage.waiter, stage.tell, hint=hint)
    found = []
    for parameter in parameters_below(aws, folder):
        try:
            found.append(manifest_in(parameter["Name"], parameter))
        except UnusableManifestError as error:
            if unusable is None:
                raise
            unusable(last_part(parameter), error)
    found.sort(key=lambda manifest: manifest.batch)
    if stage.cache is not None:
        SeenNames.below(stage.cache).remember(project, name, found)
    return found
