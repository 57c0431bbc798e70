"""A process that is recorded, and the end of that."""

import socket
import threading
import time
from pathlib import Path

from batchwright_runner.workbench.local.recording import Recorder, listening
from batchwright_runner.workbench.permissions.record import RecordFile


def test_what_goes_on_reporting_after_the_run_does_not_hold_its_end_up(tmp_path: Path) -> None:
    over = threading.Event()

    def report(port: int) -> None:
        until = time.monotonic() + 20
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not over.wait(0.01) and time.monotonic() < until:
                sender.sendto(b"{}", ("127.0.0.1", port))

    with listening(Recorder(RecordFile(tmp_path, "report"))) as variables:
        sending = threading.Thread(target=report, args=(int(variables["AWS_CSM_PORT"]),))
        sending.start()
    alive = sending.is_alive()
    over.set()
    sending.join()

    assert alive
