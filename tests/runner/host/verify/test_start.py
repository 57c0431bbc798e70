"""The row *start* of ``batchwright verify``: a start proves the way to AWS, which no look does."""

import json
from pathlib import Path

import pytest

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.host.verify.verify import CHECKS
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.kit.past import DAY, HOUR, ago, ended

LAST = "last start of any batch with these subnets and groups: "
NO_WAY = "ResourceInitializationError: There is a connection issue between the task and Amazon ECR"
NO_SECRET = "ResourceInitializationError: invalid ssm parameters: /x"
HELLO, OTHER = sample_manifest("hello"), sample_manifest("other")
ELSEWHERE = sample_manifest("elsewhere", subnets=("subnet-9",))
PUBLIC = sample_manifest("public", assign_public_ip=True)


@pytest.fixture
def stage(aws: AwsServer) -> AwsServer:
    """A new stage: nothing was started in it."""
    for manifest in (HELLO, OTHER, ELSEWHERE, PUBLIC):
        aws.deploy(manifest)
    return aws


def row(aws: AwsServer, folder: Path, batch: str = "hello") -> tuple[str, str, str]:
    done = batchwright(aws, folder, "verify", batch, "-s", "staging", "--json")
    (found,) = [finding for finding in json.loads(done.text) if finding["check"] == "start"]
    assert done.code == 1 or found["status"] in ("ok", "warn")
    assert found["what"].startswith(LAST)
    return found["status"], found["what"].removeprefix(LAST), found["advice"]


def test_a_stage_in_which_nothing_was_started_says_so_and_what_to_start(stage: AwsServer, tmp_path: Path) -> None:
    status, what, advice = row(stage, tmp_path)

    assert (status, what) == ("warn", "none yet")
    assert "init's hello" in advice


@pytest.mark.parametrize(("hours", "words"), [(3, "3 h ago"), (20 * 24, "20 days ago")])
def test_the_last_start_of_another_batch_counts_and_its_exit_code_does_not(
    stage: AwsServer, tmp_path: Path, hours: int, words: str
) -> None:
    ended(stage, OTHER, ago(25 * DAY), code=None, reason=NO_WAY)
    ended(stage, OTHER, ago(hours * HOUR), code=3)

    assert row(stage, tmp_path) == ("ok", f"{words}, succeeded (other)", "")


@pytest.mark.parametrize(
    ("batch", "why", "status"),
    [
        ("other", NO_WAY, "fail"),
        ("hello", NO_SECRET, "warn"),
        ("other", NO_SECRET, "warn"),
        ("hello", "odd", "fail"),
        ("other", "odd", "warn"),
    ],
)
def test_a_failed_start_is_a_failure_where_no_other_check_sees_whether_its_cause_is_gone(
    stage: AwsServer, tmp_path: Path, batch: str, why: str, status: str
) -> None:
    ended(stage, OTHER, ago(3 * HOUR))
    ended(stage, sample_manifest(batch), ago(2 * HOUR), code=None, reason=why)

    found, what, advice = row(stage, tmp_path)

    assert (found, what) == (status, f"2 h ago, failed ({batch}): {why}")
    assert advice.startswith({NO_WAY: "The task has no way to ECR", NO_SECRET: "A declared secret", "odd": ""}[why])


@pytest.mark.parametrize(("one", "why"), [(ELSEWHERE, NO_WAY), (PUBLIC, NO_WAY), (HELLO, "batchwright: overlap")])
def test_a_start_with_another_network_and_a_stop_before_the_start_tell_nothing(
    stage: AwsServer, tmp_path: Path, one: BatchManifest, why: str
) -> None:
    ended(stage, OTHER, ago(3 * HOUR))
    ended(stage, one, ago(HOUR), code=None, reason=why)

    assert row(stage, tmp_path)[1] == "3 h ago, succeeded (other)"
    assert one is HELLO or row(stage, tmp_path, one.batch)[0] == "fail"


def test_a_run_that_ecs_still_knows_is_seen_without_the_history(stage: AwsServer, tmp_path: Path) -> None:
    ended(stage, HELLO, ago(HOUR), code=None, reason=NO_WAY)
    ran = batchwright(stage, tmp_path, "run", "other", "-s", "staging")
    asked = len(stage.calls_of("FilterLogEvents"))

    assert (ran.code, row(stage, tmp_path)[1]) == (0, "0 min ago, succeeded (other)")
    assert len(stage.calls_of("FilterLogEvents")) == asked


def test_the_row_of_a_stage_costs_as_many_calls_as_that_of_a_batch(stage: AwsServer, tmp_path: Path) -> None:
    ended(stage, OTHER, ago(3 * HOUR))

    batchwright(stage, tmp_path, "verify", "-s", "staging")

    calls = [len(stage.calls_of(name)) for name in ("ListTasks", "DescribeTasks", "FilterLogEvents")]
    assert calls == [2, 0, 4]  # the other networks have no start, and are looked for in all parts of the history
    assert "start" in CHECKS
