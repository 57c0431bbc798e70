"""What ``run --due`` refuses, and what it says before anything is started."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.options import RunOption
from tests.fake_aws import AwsServer, Script, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.kit.past import ended

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
DATE = RunOption(name="DATE", pattern=r"\d{4}-\d{2}-\d{2}")


def days(*ago: int) -> str:
    return "..".join((TODAY - timedelta(days=number)).date().isoformat() for number in ago)


def deployed(aws: AwsServer, **changes: object) -> BatchManifest:
    manifest = sample_manifest("daily-report", **{"schedule": "0 0 * * * UTC", "options": (DATE,), **changes})
    aws.deploy(manifest, Script(lines=lines("ready")))
    return manifest


def run_due(aws: AwsServer, folder: Path, *words: str) -> Done:
    return batchwright(aws, folder, "run", "daily-report", "-s", "staging", "--due", *words)


@pytest.mark.parametrize(
    ("words", "changes", "said"),
    [
        (["yesterday"], {}, "--due is refused: 'yesterday' was given; allowed: a day"),
        ([days(-2, -3)], {}, f"nothing was due yet, and the first time is {days(-2)} 00:00 UTC"),
        ([days(3, 2)], {"schedule": f"0 0 {TODAY.day} * * UTC"}, "it was due on none of these days"),
        ([days(3, 2)], {"history_log_group": ""}, "what became of 2 due times is not known, the last of them"),
        ([days(400, 2)], {}, "--due is refused: what became of 37"),  # 371, and more after midnight
        ([days(3, 2), "--parallelism", "2"], {}, "--parallelism goes only with --local"),
        ([days(3, 2), "--run-id", "night"], {}, "--run-id cannot be combined with --due"),
        ([days(3, 2), "-o", "DATE=x{date}"], {}, f"-o DATE=x{days(3)} is refused: allowed: what matches"),
        ([days(3, 2), "-o", "DAY={date}"], {}, "-o DAY is refused: there is no such option"),
        ([days(3, 2)], {"protected": True}, "stage staging is protected, and stdin is not a terminal"),
    ],
)
def test_what_is_refused_starts_nothing(
    aws: AwsServer, tmp_path: Path, words: list[str], changes: dict[str, object], said: str
) -> None:
    deployed(aws, **changes)

    done = run_due(aws, tmp_path, *words)

    assert (done.code, said in done.err) == (2, True), done.err
    assert aws.calls_of("RunTask") == []


def test_a_person_is_asked_before_many_runs(aws: AwsServer, tmp_path: Path) -> None:
    deployed(aws)

    done = run_due(aws, tmp_path, days(150, 2), "--all")

    assert (done.code, aws.calls_of("RunTask")) == (2, [])
    assert "daily-report: 149 of 149 due times to run, the oldest first" in done.err
    assert "... 110 more ..." in done.err
    assert "daily-report was not run: stdin is not a terminal, so there is no one to ask" in done.err


def test_a_dry_run_prints_each_request(aws: AwsServer, tmp_path: Path) -> None:
    manifest = deployed(aws, options=(), schedule="")
    ended(aws, manifest, TODAY - timedelta(days=3), scheduled=(TODAY - timedelta(days=3)).isoformat())

    done = run_due(aws, tmp_path, days(4, 2), "--dry-run")

    requests = json.loads(done.out)
    assert [request["startedBy"] for request in requests] == [f"due-{days(4)}T0000-1", f"due-{days(2)}T0000-1"]
    assert "daily-report has no schedule: each day stands for its beginning, 00:00 in UTC" in done.err
    assert "daily-report: 2 of 3 due times to run, the oldest first" in done.err
    assert len(aws.calls_of("ListTasks")) == 2  # of those in progress and of those that have ended: one read
    assert aws.calls_of("RunTask") == []


def test_nothing_is_left_to_run(aws: AwsServer, tmp_path: Path) -> None:
    manifest = deployed(aws, protected=True)
    ended(aws, manifest, TODAY - timedelta(days=3), scheduled=(TODAY - timedelta(days=3)).isoformat())

    done = run_due(aws, tmp_path, days(3))

    assert (done.code, done.out) == (0, b"")
    assert done.err.rstrip().endswith("exit 0: 1 due time: 1 left out")
    assert done.err.count("left out: ") == 1
    assert "WILL BE" not in done.err
    misspelt = run_due(aws, tmp_path, days(3), "-o", "DAET=x")
    assert misspelt.code == 2
    assert "DAET" in misspelt.err


def test_what_goes_only_with_it(aws: AwsServer, tmp_path: Path) -> None:
    deployed(aws)

    done = batchwright(aws, tmp_path, "run", "daily-report", "-s", "staging", "--keep-going")

    assert (done.code, "--all and --keep-going go only with --due" in done.err) == (2, True)
