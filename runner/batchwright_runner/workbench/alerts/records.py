"""What a stage knows of a batch's ends, and what the batch asks of its alerts."""

from batchwright_runner.contract.last import Last, LastError
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import watch_path
from batchwright_runner.contract.notices.rules import Ask
from batchwright_runner.contract.watch import Watch, WatchError
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.parameters import read_parameter
from batchwright_runner.host.aws.retry import PatientAws
from batchwright_runner.host.stage.last_ends import last_end
from batchwright_runner.host.stage.session import Stage


def records_of(stage: Stage, manifest: BatchManifest) -> tuple[Last, Ask]:
    """Reads both. What is not there, or cannot be read as a record, is as an empty one.

    Args:
        stage: The stage.
        manifest: The batch.

    Raises:
        RunnerError: AWS does not give them.
    """
    of = (manifest.project, manifest.stage, manifest.batch)
    what, path = f"the last ends of {manifest.batch} cannot be read", watch_path(*of)
    aws = PatientAws(stage.aws, what, stage.waiter, stage.tell)
    try:
        last = last_end(aws.call, *of)
    except LastError:
        last = None
    except ApiError as error:
        raise RunnerError(f"{what}: {error}") from error
    watch = read_parameter(stage.aws, path, f"the record {path} cannot be read", stage.waiter)
    return last or Last(), Ask() if watch is None else _ask(str(watch["Value"]))


def _ask(text: str) -> Ask:
    try:
        return Ask.of(Watch.from_text(text).alerts)
    except WatchError:
        return Ask()
