"""What is expected of a batch, as ``runs`` and ``list`` show it."""

import json
from datetime import timedelta
from pathlib import Path

from batchwright.iam import run_policies
from batchwright_runner.contract.watch import Watch
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.kit.grants import NAMES, PLACE, running
from tests.kit.past import HOUR, ago, due_at, ended, watched


def test_runs_marks_a_run_that_took_longer(aws: AwsServer, tmp_path: Path) -> None:
    when = ago(3 * HOUR)
    manifest = watched(aws, "daily-report", Watch(schedule=due_at(when), expected_seconds=600))
    ended(aws, manifest, when, 3700.0)
    ended(aws, manifest, when - timedelta(hours=2), 500.0, run="rundeck/ops/4710")

    done = batchwright(aws, tmp_path, "runs", "-s", "staging")
    assert [line.endswith("succeeded, late") for line in done.lines] == [False, True, False]
    late, usual = json.loads(batchwright(aws, tmp_path, "runs", "-s", "staging", "--json").text)
    assert (late["expected_seconds"], late["late"], usual["late"]) == (600, True, False)


def test_runs_says_nothing_where_nothing_is_expected_or_it_may_not_be_seen(aws: AwsServer, tmp_path: Path) -> None:
    when = ago(3 * HOUR)
    ended(aws, watched(aws, "hello", Watch(schedule=due_at(when))), when)
    (entry,) = json.loads(batchwright(aws, tmp_path, "runs", "-s", "staging", "--json").text)
    assert "late" not in entry

    watched(aws, "hello", Watch(expected_seconds=1))
    aws.limit([*running(deadlines=True), run_policies.read_history(PLACE, NAMES)], {})
    done = batchwright(aws, tmp_path, "runs", "-s", "staging", "--json")
    assert (done.code, ["late" in entry for entry in json.loads(done.text)]) == (0, [False])


def test_list_shows_what_is_expected(aws: AwsServer, tmp_path: Path) -> None:
    watched(aws, "daily-report", Watch(schedule="30 2 * * * UTC", expected_seconds=1200))
    aws.deploy(sample_manifest("hello"))

    done = batchwright(aws, tmp_path, "list", "-s", "staging")
    assert "EXPECTED" in done.lines[0]
    assert "20m00s" in done.lines[1]
    assert "20m00s" not in done.lines[2]
    report, hello = json.loads(batchwright(aws, tmp_path, "list", "-s", "staging", "--json").text)
    assert (report["expected_seconds"], hello["expected_seconds"]) == (1200, 0)


def test_list_has_no_such_column_where_none_says_it(aws: AwsServer, tmp_path: Path) -> None:
    aws.deploy(sample_manifest("hello"))

    assert "EXPECTED" not in batchwright(aws, tmp_path, "list", "-s", "staging").text
