"""When a batch is due, by its record or its manifest, and since when that holds: nothing was missed before."""

from batchwright_runner.contract.manifests import Manifest, read_manifest
from batchwright_runner.contract.missed.watched import Watched, declared
from batchwright_runner.contract.moments import shown
from batchwright_runner.contract.records import RecordError
from batchwright_runner.contract.schedules.times import DueTimes
from batchwright_runner.contract.watch import Watch, WatchError
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.watches import Change, Versions, WatchRecord, held_since, versions


def watched_of(
    stage: Stage, manifest: Manifest, record: WatchRecord | None, begin: float, change: Change | None = None
) -> Watched:
    """A batch with when it is due, and since when; its runs are not known yet.

    A batch without a record was deployed by an older library, or its manifest is another tool's: then the manifest
    is read.

    `begin`: from when on it matters, in seconds since 1970.
    `change`: when its manifest was last changed, where it has no record.
    """
    fault = f"{record.path} cannot be used: {record.fault}" if record is not None and record.fault else ""
    usable = record if record is not None and not record.fault else None
    watch = usable.watch if usable is not None else Watch(schedule=manifest.schedule, scheduler=manifest.scheduler)
    due, since = DueTimes.of(watch.schedule), 0.0
    schedule = due.cron if due else None
    problem = f"its schedule {due.text} cannot be read here: {due.problem}" if due and due.problem else ""
    if schedule is not None:
        since, version = (usable.changed, usable.version) if usable is not None else change or (0.0, 1)
        if version > 1 and since > begin:
            since, problem = _since(stage, manifest, usable, watch, since)
    return Watched(
        batch=manifest.name,
        **declared(manifest),
        schedule=schedule,
        problem=fault or problem,
        scheduler=watch.scheduler,
        expected=watch.expected_seconds,
        window=watch.window_seconds,
        since=since,
    )


def _since(
    stage: Stage, manifest: Manifest, record: WatchRecord | None, watch: Watch, changed: float
) -> tuple[float, str]:
    """Since when the schedule holds, and what of that cannot be known."""
    path = record.path if record is not None else manifest.path
    try:
        history: Versions = versions(stage, path)
    except DeniedError as error:
        return changed, f"what was due before {shown(changed)} cannot be known: {error}"

    def same(text: str) -> bool:
        """Whether a text has the schedule, and somebody started the batch by it where somebody does now."""
        try:
            before = read_manifest(text) if record is None else Watch.from_text(text)
        except (WatchError, RecordError):
            return False
        return before.schedule == watch.schedule and (bool(before.scheduler) or not watch.scheduler)

    since = held_since(history, same)
    return (changed if since is None else since), ""
