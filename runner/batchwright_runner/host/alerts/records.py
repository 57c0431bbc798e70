"""What a stage knows of a batch's ends, and what the batch asks of its alerts."""

from batchwright_runner.contract.last import Last, LastError
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import last_path, watch_path
from batchwright_runner.contract.notices.rules import Ask
from batchwright_runner.contract.watch import Watch, WatchError
from batchwright_runner.host.aws.parameters import read_parameter
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
    last, watch = _value(stage, last_path(*of)), _value(stage, watch_path(*of))
    return _last(last), _ask(watch)


def _value(stage: Stage, path: str) -> str:
    what = f"the record {path} cannot be read"
    found = read_parameter(stage.aws, path, what, stage.waiter)
    return str(found["Value"]) if found is not None else "{}"


def _last(text: str) -> Last:
    try:
        return Last.from_text(text)
    except LastError:
        return Last()


def _ask(text: str) -> Ask:
    try:
        return Ask.of(Watch.from_text(text).alerts)
    except WatchError:
        return Ask()
