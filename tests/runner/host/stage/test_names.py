"""Names that nothing can have, and manifests that are not what was asked for: an error, and nothing is started."""

from dataclasses import replace
from pathlib import Path

import pytest

from batchwright_runner.contract.manifest import BatchManifest
from tests.fake_aws import AwsServer, Script
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.kit.account import batchwright

STAGE = ("-s", "staging")
MANIFEST = sample_manifest("daily-report")


@pytest.fixture(autouse=True)
def deployed(aws: AwsServer) -> None:
    aws.deploy(MANIFEST, Script(exit_code=3))


@pytest.mark.parametrize(
    "name", ["daily-report:1", "hello@x:y", "../daily-report", "a/b", "日報", "", "a b", "x" * 3000]
)
def test_a_name_that_no_batch_can_have_is_not_asked_for(name: str, aws: AwsServer, tmp_path: Path) -> None:
    done = batchwright(aws, tmp_path, "run", *STAGE, name)

    assert done.code == 2
    assert "no such batch" in done.err
    assert "a name has 2 to 40 of a-z, 0-9 and single dashes" in done.err
    assert {call.operation for call in aws.calls} <= {"GetCallerIdentity", "GetParametersByPath"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "daily-report:1"), "Did you mean daily-report?"),
        (("logs", "hello:3"), "no such batch 'hello:3'"),
        (("attach", "hello@x:y"), "no such batch 'hello'"),
        (("attach", "hello:3@latest"), "'hello:3@latest' names no run"),
        (("stop", 'a"b'), "no such batch"),
        (("runs", "daily-report:1"), "no such batch 'daily-report:1': a name has 2 to 40 of"),
        (("params", "list", "daily-report:1"), "no such batch 'daily-report:1'"),
    ],
)
def test_every_verb_takes_such_a_name_for_an_unknown_one(
    words: tuple[str, ...], told: str, aws: AwsServer, tmp_path: Path
) -> None:
    done = batchwright(aws, tmp_path, *words, *STAGE)

    assert done.code == 2
    assert told in done.err


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        *((("run", "daily-report"), stage) for stage in ("sta:ging", "../x", "STAGING", "s", "a" * 13)),
        *((words, "sta:ging") for words in (("runs",), ("list",), ("logs", "x"), ("params", "list"))),
    ],
)
def test_a_name_that_no_stage_can_have_asks_for_nothing(
    words: tuple[str, ...], stage: str, aws: AwsServer, tmp_path: Path
) -> None:
    done = batchwright(aws, tmp_path, *words, "-s", stage)

    assert (done.code, aws.calls) == (2, [])
    assert f"no stage can be called '{stage}': a name has 2 to 12 of a-z and 0-9, a letter first" in done.err


def test_a_name_that_no_project_can_have_asks_for_nothing(aws: AwsServer, tmp_path: Path) -> None:
    done = batchwright(aws, tmp_path, "runs", *STAGE, env={"BATCHWRIGHT_PROJECT": "a:b"})

    assert (done.code, aws.calls) == (2, [])
    assert "no project can be called 'a:b'" in done.err


def elsewhere(account: str = ACCOUNT, region: str = REGION) -> BatchManifest:
    """The manifest of a batch that was deployed somewhere else."""
    definition = MANIFEST.task_definition.replace(ACCOUNT, account).replace(REGION, region)
    return replace(MANIFEST, task_definition=definition, account=account, region=region)


FOREIGN = [
    (elsewhere(account="222222222222"), "it is of account 222222222222, and it was found in account 111111111111"),
    (elsewhere(region="ap-northeast-1"), "it is of region ap-northeast-1, and it was found in region eu-west-1"),
    (replace(MANIFEST, stage="production"), "are those of /batches/production/manifests/daily-report"),
    (replace(MANIFEST, project="others"), "are those of /others/staging/manifests/daily-report"),
    (replace(MANIFEST, batch="other"), "are those of /batches/staging/manifests/other"),
]


OTHER_VERBS = (
    *(("runs",), ("list",), ("logs", "daily-report"), ("attach", "daily-report@latest")),
    *(("stop", "daily-report@latest"), ("params", "list")),
)


@pytest.mark.parametrize(
    ("words", "manifest", "told"),
    [*((("run", "daily-report"), *case) for case in FOREIGN), *((words, *FOREIGN[0]) for words in OTHER_VERBS)],
)
def test_a_manifest_of_something_else_is_refused(
    words: tuple[str, ...], manifest: BatchManifest, told: str, aws: AwsServer, tmp_path: Path
) -> None:
    aws.put_parameter(MANIFEST.path, manifest.to_json())
    done = batchwright(aws, tmp_path, *words, *STAGE)

    assert done.code == 125
    assert told in done.err
    assert not {"RunTask", "StopTask", "ListTasks"} & {call.operation for call in aws.calls}
