"""A run that is recorded, and the end of that."""

import json
import socket
import threading
import time
from pathlib import Path

from batchwright_runner.workbench.local.recording import Recorder, listening
from batchwright_runner.workbench.permissions.record import RecordFile
from tests.kit.fakes import Notes
from tests.kit.projects import batch_of, declared


def test_what_goes_on_reporting_after_the_run_does_not_hold_its_end_up(tmp_path: Path) -> None:
    over = threading.Event()

    def report(port: int) -> None:
        until = time.monotonic() + 20
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not over.wait(0.01) and time.monotonic() < until:
                sender.sendto(b"{}", ("127.0.0.1", port))

    with listening(Recorder(RecordFile(tmp_path, "report"))) as port:
        sending = threading.Thread(target=report, args=(port,))
        sending.start()
    alive = sending.is_alive()
    over.set()
    sending.join()

    assert alive


def reported(recorder: Recorder, operation: str, **more: object) -> None:
    token = recorder.variables("127.0.0.1", 1)["AWS_CSM_CLIENT_ID"]
    report = {"ClientId": token, "Type": "ApiCall", "Service": "S3", "Api": operation, **more}
    recorder.take(json.dumps(report).encode())


def finished(recorder: Recorder) -> str:
    notes = Notes()
    grant = {"statement": {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}}
    batch = batch_of(declared("report", "x", access={"task": {"grants": [grant]}}))
    recorder.finish(batch, notes, as_task_role=True)
    return "\n".join(notes.texts)


def test_where_no_datagram_came_from_inside_nothing_is_reported_as_unused(tmp_path: Path) -> None:
    recorder = Recorder(RecordFile(tmp_path, "report"))
    recorder.address = "172.17.0.1:4711"
    text = finished(recorder)

    assert "NOTHING WAS RECORDED" in text
    assert "did not arrive at 172.17.0.1:4711" in text
    assert "never used" not in text
    recorder.take(recorder.proof.encode())
    assert "did not arrive" not in finished(recorder)


def test_the_recorders_own_datagram_is_no_report_and_none_of_a_stranger(tmp_path: Path) -> None:
    recorder = Recorder(RecordFile(tmp_path, "report"))
    recorder.take(recorder.proof.encode())
    reported(recorder, "GetObject")

    assert "were ignored" not in finished(recorder)


def test_a_refusal_after_the_sessions_end_says_nothing_of_the_role(tmp_path: Path) -> None:
    now = [0.0]
    recorder = Recorder(RecordFile(tmp_path, "report"), lambda: now[0])
    recorder.until = 3600.0
    denied = {"FinalAwsException": "AccessDenied", "FinalHttpStatusCode": 403}
    reported(recorder, "GetObject", **denied)
    now[0] = 3601.0
    reported(recorder, "PutObject", **denied)
    text = finished(recorder)

    assert "AWS refused the task role a call\n" in text
    assert "S3.GetObject" in text
    assert "PutObject" not in text
