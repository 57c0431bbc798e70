"""Records which calls to AWS a batch makes on this machine, as its SDKs report them."""

import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from batchwright_runner.contract.batch_file import DECLARATION, BatchFile
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.workbench.local.containers.network import LOOPBACK, receiver_at
from batchwright_runner.workbench.permissions.compare import compare
from batchwright_runner.workbench.permissions.datagrams import LARGEST, ForeignError, read_call
from batchwright_runner.workbench.permissions.record import PermissionRecord, RecordFile
from batchwright_runner.workbench.permissions.report import refusals_in_words, report, summary

BUFFER = 4 * 1024 * 1024
LOOK = 0.1
"""Seconds after which it is seen that the run has ended."""


UNPROVEN = (
    "Whether a report would have come through is not known: the recorder's own datagram from inside did not arrive at "
    "{address}. A firewall on this machine may drop it, or the image has neither bash nor nc nor python3 to send it."
)


class Recorder:
    """What one run's SDKs report.

    `until`: when the task role's credentials end, in seconds since 1970; infinite where it does not use them.
    `wall`: seconds since 1970.
    """

    def __init__(self, file: RecordFile, wall: Callable[[], float] = time.time) -> None:
        self._file = file
        self._wall = wall
        self._token = f"batchwright-{secrets.token_hex(16)}"
        self._record = PermissionRecord(runs=1)
        self._proven = False
        self.proof = f"{self._token}-proof"
        self.address = ""  # where the way from inside is to be proven
        self.until = float("inf")

    def check(self) -> None:
        """Looks whether it can be kept, before anything is started."""
        self._file.prepare()

    def take(self, datagram: bytes) -> None:
        """Takes a datagram. Keys and tokens in it go no further. A refusal after the credentials' end is none."""
        if datagram == self.proof.encode():
            self._proven = True
            return
        try:
            call = read_call(datagram, self._token)
        except ForeignError:
            self._record.ignored += 1
            return
        if call is not None and not (call.denied and self._wall() > self.until):
            self._record.add(call)

    def variables(self, host: str, port: int) -> Mapping[str, str]:
        """The variables that have SDKs report."""
        return {
            "AWS_CSM_ENABLED": "true",
            "AWS_CSM_HOST": host,
            "AWS_CSM_PORT": str(port),
            "AWS_CSM_CLIENT_ID": self._token,
        }

    def finish(self, batch: BatchFile, tell: Tell, *, as_task_role: bool) -> None:
        """Keeps what was recorded, and says what it comes to. It never costs the run's result."""
        record, name = self._record, batch.manifest.batch
        this_run = compare(batch.access.task, record)
        if this_run.silent:
            unproven = f"\n\n{UNPROVEN.format(address=self.address)}" if self.address and not self._proven else ""
            tell.note(report(this_run) + unproven)
            return
        try:
            all_runs = compare(batch.access.task, self._file.merge(record))
        except RunnerError as error:
            tell.note(f"what was recorded is not kept: {error}")
            all_runs = this_run
        tell.note(report(all_runs))
        refused = [call for call in record.calls if call.denied]
        if refused and as_task_role:
            declaration = str(Path(batch.package or "batches", DECLARATION))
            tell.note(refusals_in_words(batch.access.task, refused, declaration))
        elif refused:
            tell.note(
                f"AWS refused calls with the credentials that the batch had here, {refused[0].operation} first: "
                "what would have come after them was not seen"
            )
        tell.note(f"permissions: {summary(all_runs)}\nsee it again: batchwright permissions {name}")


@contextmanager
def listening(recorder: Recorder, address: str = LOOPBACK) -> Iterator[int]:
    """Listens at an address of this machine while a run goes on; gives the port."""
    try:
        receiver = receiver_at(address)
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    except OSError as error:
        raise RunnerError(f"nothing can be recorded: no socket can be opened at {address}: {error.strerror}") from error
    receiver.settimeout(LOOK)
    stop = threading.Event()
    thread = threading.Thread(target=_receive, args=(receiver, stop, recorder), name="recorder", daemon=True)
    thread.start()
    try:
        yield int(receiver.getsockname()[1])
    finally:
        stop.set()
        thread.join()
        receiver.close()


def _receive(receiver: socket.socket, stop: threading.Event, recorder: Recorder) -> None:
    """Takes what comes until it is stopped, and then what is left."""
    while True:
        if ended := stop.is_set():
            receiver.settimeout(0)  # what comes later is not waited for: something of the batch may live on
        try:
            recorder.take(receiver.recv(LARGEST + 1))
        except (TimeoutError, BlockingIOError):
            if ended:
                return
