"""One manifest that cannot be used: it is named, and costs the other batches nothing."""

import json
from pathlib import Path

import pytest

from tests.fake_aws import AwsServer, Script
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.stories.story import start_task

BROKEN = "/batches/staging/manifests/broken"
MANIFEST = sample_manifest("broken").to_json()
TEXTS = {
    "newer": (json.dumps({"schema": 99}), "it has schema 99"),
    "a duration": (json.dumps({**json.loads(MANIFEST), "timeout_seconds": "30m"}), 'timeout_seconds is "30m", not'),
    "brackets": ("[" * 4000, "the manifest cannot be read: "),
    "another's": (sample_manifest("else").to_json(), "are those of /batches/staging/manifests/else"),
    "a page": ("<html>", "it is not JSON"),
}


@pytest.fixture
def stage(aws: AwsServer) -> AwsServer:
    """A stage with a batch that runs, and one whose manifest has brackets."""
    aws.deploy(sample_manifest("daily-report"), Script(runs=60))
    start_task(aws, startedBy="night")
    aws.put_parameter(BROKEN, TEXTS["brackets"][0])
    return aws


def run(aws: AwsServer, folder: Path, *words: str) -> Done:
    return batchwright(aws, folder, *words, "-s", "staging")


@pytest.mark.parametrize(("text", "why"), TEXTS.values(), ids=TEXTS)
def test_the_others_are_listed_and_it_is_named(stage: AwsServer, tmp_path: Path, text: str, why: str) -> None:
    stage.put_parameter(BROKEN, text)

    done = run(stage, tmp_path, "list")

    assert (done.code, "daily-report" in done.text) == (0, True)
    assert f"batch broken is left out: {BROKEN} cannot be used: " in done.err
    assert why in done.err


@pytest.mark.parametrize(
    ("words", "code"),
    [(["runs"], 0), (["params", "list"], 0), (["params", "check", "daily-report"], 0), (["params", "check"], 1)],
)
def test_who_looks_at_all_is_told_of_it(stage: AwsServer, tmp_path: Path, words: list[str], code: int) -> None:
    done = run(stage, tmp_path, *words)

    assert done.code == code, done.err
    assert "batch broken is left out: " in done.err


@pytest.mark.parametrize(
    ("verb", "name"),
    [*(("stop", name) for name in ("night", "ARN", "ID", "SHORT")), ("logs", "night"), ("describe", "SHORT")],
)
def test_of_a_run_that_ecs_shows_only_its_batch_is_read(stage: AwsServer, tmp_path: Path, verb: str, name: str) -> None:
    (task,) = stage.tasks
    before = len(stage.calls)

    names = {"night": "night", "ID": task.id, "SHORT": task.id[:8]}
    done = run(stage, tmp_path, verb, task.arn if name == "ARN" else f"daily-report@{names[name]}")

    assert (done.code, "broken" in done.err) == (0, False), done.err
    paths = [call.body.get("Path") for call in stage.calls[before:] if call.operation == "GetParametersByPath"]
    assert "/batches/staging/manifests" not in paths
    if verb == "stop" and name == "ARN":
        assert [call.operation for call in stage.calls[before:]] == ["DescribeTasks", "GetParameter", "StopTask"]


def test_its_own_run_is_refused_by_its_name(stage: AwsServer, tmp_path: Path) -> None:
    stage.deploy(sample_manifest("broken"), Script(runs=60))
    start_task(stage, "broken", startedBy="theirs")
    stage.put_parameter(BROKEN, "{")

    done = run(stage, tmp_path, "stop", "broken@theirs")

    assert done.code == 125
    assert f"{BROKEN} cannot be used" in done.err


@pytest.mark.parametrize("words", [[], ["broken"]], ids=["all", "its own"])
def test_what_was_missed_of_it_cannot_be_known(stage: AwsServer, tmp_path: Path, words: list[str]) -> None:
    done = run(stage, tmp_path, "runs", *words, "--missed", "--json")

    found = [(entry["batch"], entry["kind"]) for entry in json.loads(done.text)]
    assert (done.code, found) == (1, [("broken", "unknown")])
    assert "1 cannot be known: " in done.last


@pytest.mark.parametrize(
    "words", [["stop", "broken@late"], ["runs", "broken"], ["logs", "broken"], ["attach", "broken@latest"]]
)
def test_what_may_be_one_of_its_runs_is_no_mistake_of_the_caller(
    stage: AwsServer, tmp_path: Path, words: list[str]
) -> None:
    done = run(stage, tmp_path, *words)

    assert done.code == 125
    assert BROKEN in done.err


def test_where_none_can_be_used_that_is_the_error(aws: AwsServer, tmp_path: Path) -> None:
    aws.put_parameter(BROKEN, TEXTS["newer"][0])

    assert [run(aws, tmp_path, *words).code for words in (["list"], ["runs"], ["params", "check"])] == [125] * 3
    assert run(aws, tmp_path, "runs", "--missed").code == 1


def test_a_value_that_it_may_take_is_not_deleted(stage: AwsServer, tmp_path: Path) -> None:
    stage.put_parameter("/batches/staging/shared/OLD", "x")

    done = run(stage, tmp_path, "params", "unset", "--shared", "OLD", "--yes")

    assert (done.code, stage.calls_of("DeleteParameter")) == (125, [])
    assert "OLD is not deleted: broken may take it" in done.err


def test_of_many_three_are_explained(aws: AwsServer, tmp_path: Path) -> None:
    aws.deploy(sample_manifest("daily-report"), Script())
    for number in range(5):
        aws.put_parameter(f"{BROKEN}-{number}", "{")

    done = run(aws, tmp_path, "list")

    assert (done.code, done.err.count(" is left out: ")) == (0, 3)
    assert "2 more are left out likewise: broken-3, broken-4" in done.err
