"""The file of what was recorded."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.permissions.datagrams import ReportedCall
from batchwright_runner.workbench.permissions.record import MOST, PermissionRecord, RecordFile

PUT = ReportedCall("S3", "PutObject", "ap-northeast-1", "Boto3")
GET = ReportedCall(
    "S3", "GetObject", "ap-northeast-1", "Boto3", denied=True, action="s3:GetObject", resource="arn:aws:s3:::a"
)
MERGE = """
import sys; from pathlib import Path
from batchwright_runner.workbench.permissions.datagrams import ReportedCall
from batchwright_runner.workbench.permissions.record import PermissionRecord, RecordFile
for _ in range(20):
    RecordFile(Path(sys.argv[1]), "report").merge(PermissionRecord({ReportedCall("S3", sys.argv[2]): 1}, runs=1))
"""


def test_runs_are_merged(tmp_path: Path) -> None:
    file = RecordFile(tmp_path, "report")

    file.merge(PermissionRecord({PUT: 2}, runs=1))
    merged = file.merge(PermissionRecord({PUT: 1, GET: 1}, runs=1, ignored=3))

    assert merged == PermissionRecord({PUT: 3, GET: 1}, runs=2, ignored=3)
    assert file.read() == merged
    assert file.path == tmp_path / ".batchwright/permissions/report.json"


def test_git_ignores_it_in_any_project(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    RecordFile(tmp_path, "report").merge(PermissionRecord({PUT: 1}, runs=1))

    status = subprocess.run(["git", "-C", str(tmp_path), "status", "--short"], capture_output=True, check=True)
    assert status.stdout == b""


def test_two_runs_at_once_lose_nothing(tmp_path: Path) -> None:
    both = [subprocess.Popen([sys.executable, "-c", MERGE, str(tmp_path), name]) for name in ("Get", "Put")]
    assert [process.wait() for process in both] == [0, 0]

    assert RecordFile(tmp_path, "report").read() == PermissionRecord(
        {ReportedCall("S3", "Get"): 20, ReportedCall("S3", "Put"): 20}, runs=40
    )


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 2}', '{"format": 1, "calls": [{}], "runs": 1}'])
def test_a_file_that_is_none_is_said_and_not_overwritten(tmp_path: Path, text: str) -> None:
    file = RecordFile(tmp_path, "report")
    file.path.parent.mkdir(parents=True)
    file.path.write_text(text)

    with pytest.raises(RunnerError, match=r"is not a record of permissions .*Delete it, and record again"):
        file.prepare()
    with pytest.raises(RunnerError):
        file.merge(PermissionRecord({PUT: 1}, runs=1))
    assert file.path.read_text() == text


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / ".batchwright").write_text("a file")

    with pytest.raises(RunnerError, match="nothing can be recorded in"):
        RecordFile(tmp_path, "report").prepare()


def test_a_flood_of_different_calls_does_not_fill_the_memory() -> None:
    record = PermissionRecord()
    for n in range(MOST + 100):
        record.add(ReportedCall("S3", f"Op{n}"))

    assert (len(record.calls), record.ignored) == (MOST, 100)
    record.merge(PermissionRecord({ReportedCall("S3", "Another"): 1, ReportedCall("S3", "Op0"): 1}))
    assert (len(record.calls), record.calls[ReportedCall("S3", "Op0")]) == (MOST, 2)


def test_nothing_was_recorded_yet(tmp_path: Path) -> None:
    assert RecordFile(tmp_path, "report").read() is None


def test_its_form(tmp_path: Path) -> None:
    file = RecordFile(tmp_path, "report")
    file.merge(PermissionRecord({GET: 1}, runs=1))

    assert json.loads(file.path.read_text()) == {
        "format": 1,
        "runs": 1,
        "ignored": 0,
        "calls": [
            {
                "service": "S3",
                "operation": "GetObject",
                "region": "ap-northeast-1",
                "sdk": "Boto3",
                "denied": True,
                "action": "s3:GetObject",
                "resource": "arn:aws:s3:::a",
                "count": 1,
            }
        ],
    }
