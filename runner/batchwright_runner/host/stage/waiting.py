"""The records of a stage's waiting runs: our own, which is kept, and those of others, which may be stopped."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from batchwright_runner.contract.ends import STOP_REASON
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pages import Parameter, parameters_below
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.variables import BACKFILL, SCHEDULED_TIME
from batchwright_runner.contract.verdicts import Row, Verdict, name
from batchwright_runner.contract.waiting import STARTED, WaitingRun, exact_utc, waiting_attempt
from batchwright_runner.errors import RunnerError, StoppedError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import FORBIDDEN_FOR, Patience, denied, ends_at_once, repeat
from batchwright_runner.host.stage.session import Stage

STOPPED = name(StoppedError.row, StoppedError.exit_code)
PATIENCE = Patience(3.0)
"""Seconds for which a call for our own record is tried: the run itself does not depend on it."""
STOP_PATIENCE = 60.0
"""Seconds for which a stop is tried that does not get through; a signal is no reason to give it up."""
EVERY = 2.0
"""Seconds between two looks at the record of a run that is followed."""
SHOWN_FOR, STOP_SHOWN_FOR = 2 * EVERY, 10.0
"""Seconds for which the end of a wait stays in the record, for those who follow the run; and a stop, which another
runner that waits under the same id has to see: it looks each nine seconds at least."""


class WaitingRecord:
    """One record."""

    def __init__(self, aws: Aws, path: str) -> None:
        self._aws = aws
        self._path = path

    def read(self) -> tuple[WaitingRun | None, int]:
        """The record, none where there is none, and its version."""
        try:
            parameter: Parameter = self._aws.call("ssm", "get_parameter", Name=self._path)["Parameter"]
        except ApiError as error:
            if error.code == "ParameterNotFound":
                return None, 0
            raise
        return WaitingRun.from_text(str(parameter["Value"])), int(parameter.get("Version", 0))

    def put(self, record: WaitingRun) -> int:
        """Writes the record. SSM knows no condition for that.

        Returns its version: one more than what was read, unless someone has written or removed it since.
        """
        request = {"Name": self._path, "Value": record.to_json(), "Type": "String", "Overwrite": True}
        return int(self._aws.call("ssm", "put_parameter", **request).get("Version", 0))

    def remove(self) -> None:
        """Removes it, where it is there."""
        try:
            self._aws.call("ssm", "delete_parameter", Name=self._path)
        except ApiError as error:
            if error.code != "ParameterNotFound":
                raise


def waiting_records(aws: Aws, folder: str) -> Iterator[tuple[str, WaitingRun]]:
    """The records below a path, each with its parameter's name; those that cannot be read are left out."""
    for parameter in parameters_below(aws.call, folder, recursive=True):
        record = WaitingRun.from_text(str(parameter["Value"]))
        if record is not None:
            yield str(parameter["Name"]), record


def waiting_runs(aws: Aws, manifests: Sequence[BatchManifest]) -> list[Attempt]:
    """The runs that wait for their turn; nothing is asked where no batch lets them."""
    names = {manifest.batch: manifest for manifest in manifests if manifest.overlap == "wait"}
    if not names:
        return []
    first = next(iter(names.values()))
    folder = StageNames.of(first).waiting(first.batch if len(manifests) == 1 else "")
    return [
        waiting_attempt(names[batch], path, record)
        for path, record in waiting_records(aws, folder)
        if record.holds(time.time()) and (batch := path.split("/")[-2]) in names
    ]


def waiting_as(stage: Stage, attempt: Attempt) -> Attempt | None:
    """The run of an attempt, where it waits; none where it does not."""
    own = attempt.manifest
    path = StageNames.of(own).waiting_run(own.batch, attempt.started_by)
    if own.overlap != "wait":
        return None
    waiting, _ = WaitingRecord(stage.aws, path).read()
    return waiting_attempt(own, path, waiting) if waiting is not None and waiting.holds(time.time()) else None


class OwnRecord:
    """The record of our own run, which is there as long as it waits.

    `variables`: those of its container: they say for when it was due, and of which backfill it is.
    `wall`: seconds since 1970.
    """

    def __init__(
        self, stage: Stage, manifest: BatchManifest, run: str, variables: Mapping[str, str], wall: Callable[[], float]
    ) -> None:
        names = StageNames.of(manifest)
        self._stage, self._run, self._variables, self._wall = stage, run, variables, wall
        self._folder = names.waiting(manifest.batch)
        self._record = WaitingRecord(stage.aws, names.waiting_run(manifest.batch, run))
        self._written = self._reported = False

    def look(self, left: float) -> None:
        """Reads the record, and writes it where it is not there."""
        now = self._wall()
        try:
            waiting, _ = repeat(self._record.read, self._stage.waiter, PATIENCE)
            first, self._written = not self._written, self._written or waiting is not None
            if waiting is not None and waiting.end == STOPPED and not first:
                raise StoppedError(waiting.why)  # another runner of this run, which waits as well, has read the stop
            if waiting is None or not waiting.holds(now):
                self._write(now, now + left)
            if first:
                self._tidy(now)
        except ApiError as error:
            if not self._reported:
                self._reported = True
                self._stage.tell.note(f"that this run waits cannot be recorded: {error}\nno other command finds it yet")
            return
        if waiting is not None and waiting.holds(now) and waiting.stop:
            raise StoppedError(f"stopped by someone else while it waited for its turn: {waiting.stop}")

    def _write(self, now: float, until: float) -> None:
        since, end, variables = exact_utc(now), exact_utc(until), self._variables
        due, backfill = variables.get(SCHEDULED_TIME, ""), variables.get(BACKFILL, "")
        record = WaitingRun(run=self._run, since=since, until=end, scheduled=due, backfill=backfill)
        repeat(lambda: self._record.put(record), self._stage.waiter, PATIENCE)
        self._written = True

    def _tidy(self, now: float) -> None:
        """Removes the records that killed runners have left."""
        for path, record in waiting_records(self._stage.aws, self._folder):
            if not replace(record, end="").holds(now - SHOWN_FOR):
                WaitingRecord(self._stage.aws, path).remove()

    def over(self, outcome: Verdict | None = None) -> str:
        """Removes the record, once the wait has ended.

        Returns why the run was stopped meanwhile; empty where it was not.
        """
        if not self._written:
            return ""
        self._written, waiter, stop = False, self._stage.waiter, ""
        end, why = (name(outcome.row, outcome.code), outcome.why) if outcome else (STARTED, "")
        if outcome and outcome.row is Row.USAGE:
            # It cannot join the run of its id, which goes on: whose runner waits writes the record again.
            with suppress(ApiError):
                repeat(self._record.remove, waiter, PATIENCE)
            return ""
        with suppress(ApiError):
            record, version = repeat(self._record.read, waiter, PATIENCE)
            if record is not None:
                ended = replace(record, stop="", end=end, why=why)
                after = repeat(lambda: self._record.put(ended), waiter, PATIENCE)
                stop = record.stop or ("" if after == version + 1 else STOP_REASON)
        if outcome and not waiter.signals:
            waiter.wait(STOP_SHOWN_FOR if end == STOPPED else SHOWN_FOR)
        with suppress(ApiError):
            repeat(self._record.remove, waiter, PATIENCE)
        return stop


def stop_waiting(stage: Stage, attempt: Attempt, reason: str, wall: Callable[[], float] = time.time) -> bool:
    """Stops a run that waits.

    `wall`: seconds since 1970.
    Returns whether it waited: else its turn has come meanwhile, or it has ended.
    """
    record, what = WaitingRecord(stage.aws, attempt.arn), f"run {attempt.started_by} could not be stopped"

    def stop() -> bool:
        waiting, version = record.read()
        if waiting is None or not waiting.holds(wall()):
            return False
        after = version + 1 if waiting.stop else record.put(replace(waiting, stop=reason))
        if after == 1:
            record.remove()  # it was removed before our stop came, which no one would read
        return after == version + 1

    try:
        return repeat(stop, stage.waiter, Patience(STOP_PATIENCE, forbidden_for=FORBIDDEN_FOR))
    except ApiError as error:
        if ends_at_once(error):
            raise denied(what, error) from error
        raise RunnerError(f"{what}: {error}", hint="It goes on waiting: stop it again") from error
