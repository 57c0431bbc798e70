"""What a stage knows of a batch's ends, and what is watched of it."""

from batchwright_runner.contract.last import Last, LastError
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import watch_path
from batchwright_runner.contract.watch import Watch, WatchError
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.parameters import read_parameter
from batchwright_runner.host.aws.retry import PatientAws
from batchwright_runner.host.stage.last_ends import last_end
from batchwright_runner.host.stage.session import Stage


def records_of(stage: Stage, manifest: BatchManifest) -> tuple[Last, Watch]:
    """Reads both. What is not there, or cannot be read as a record, is as an empty one.

    Raises:
        RunnerError: AWS does not give them.
    """
    of = (manifest.project, manifest.stage, manifest.batch)
    what, path = f"the last ends of {manifest.batch} cannot be read", watch_path(*of)
    try:
        last = last_end(PatientAws(stage.aws, what, stage.waiter, stage.tell).call, *of)
    except LastError:
        last = None
    except ApiError as error:
        raise RunnerError(f"{what}: {error}") from error
    found = read_parameter(stage.aws, path, f"the record {path} cannot be read", stage.waiter)
    try:
        watch = Watch.from_text("{}" if found is None else str(found["Value"]))
    except WatchError:
        watch = Watch()
    return last or Last(), watch
