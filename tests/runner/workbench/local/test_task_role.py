"""A task role on a developer's machine: who, the trust that is missing, its end, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.workbench.local.credentials import (
    AssumedRole,
    check_stage_options,
    check_task_role,
    session_name,
    trusting,
)
from tests.fake_aws import AwsServer, faults
from tests.fake_aws.fixtures import aws as aws
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.command import Done, call, environment
from tests.kit.projects import batch_of, declared, make_project

RESERVED = "aws-reserved/sso.amazonaws.com/"
SSO = "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Developer_0123456789abcdef/jane@example.com"


@pytest.mark.parametrize(
    ("caller", "name"),
    [
        (SSO, "jane@example.com"),
        ("arn:aws:iam::111111111111:user/team/jane", "jane"),
        ("arn:aws:iam::111111111111:root", "root"),
        ("arn:aws:sts::111111111111:assumed-role/x/j", "batchwright-j"),
        ("arn:aws:sts::111111111111:assumed-role/x/日本 x", "----x"[1:]),
        (f"arn:aws:sts::111111111111:assumed-role/x/{'y' * 80}", "y" * 64),
    ],
)
def test_the_session_is_named_after_the_person(caller: str, name: str) -> None:
    assert session_name(caller) == name


@pytest.mark.parametrize(
    ("caller", "line"),
    [
        (SSO, f'platform.grant_assume("arn:aws:iam::111111111111:role/{RESERVED}*AWSReservedSSO_Developer_*")'),
        (
            "arn:aws:sts::111111111111:assumed-role/developer/jane",
            'platform.grant_assume("arn:aws:iam::111111111111:role/*developer")',
        ),
        ("arn:aws:iam::111111111111:user/jane", 'platform.grant_assume("arn:aws:iam::111111111111:user/jane")'),
    ],
)
def test_the_line_that_is_missing(caller: str, line: str) -> None:
    assert trusting(caller) == line


def test_a_run_that_failed_after_the_sessions_end_is_told_of_it() -> None:
    role = AssumedRole({"AWS_SECRET_ACCESS_KEY": "secret"}, 3600.0)

    assert role.after(3599.0) == ""
    assert role.after(3601.0) == (
        "the task role's session expired at 01:00:00 UTC, during the run: an AccessDenied or ExpiredToken after that "
        "says nothing of the role's permissions"
    )
    assert "secret" not in repr(role)


@pytest.mark.parametrize(
    ("changes", "manifest", "values", "problem"),
    [
        ({"stage": "local"}, {}, {}, "needs a stage"),
        ({"aws_profile": "dev"}, {}, {}, "cannot be combined with --aws-profile"),
        ({}, {"protected": True}, {}, "stage staging is protected"),
        ({}, {}, {"AWS_ACCESS_KEY_ID": "AKIA"}, "AWS_ACCESS_KEY_ID is set for the batch"),
    ],
)
def test_what_is_refused_before_aws_is_asked(
    changes: dict[str, Any], manifest: dict[str, object], values: dict[str, str], problem: str
) -> None:
    batch = batch_of(declared("report", "true", manifest=manifest))
    options = {"name": "report", "stage": "staging", "run": RunId("night", given=True), "use_task_role": True}
    request = RunOptions(**{**options, **changes})

    def check() -> None:
        check_stage_options(request, batch)
        check_task_role(request, values)

    with pytest.raises(UsageError, match=problem):
        check()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    access = {"task": {"arn": "arn:aws:iam::111111111111:role/batches/staging/report-task"}}
    return make_project(tmp_path, declared("report", "echo", "started", access=access))


def run(root: Path, server: AwsServer) -> Done:
    env = environment(**server.environ(), BATCHWRIGHT_BACKEND="docker")
    return call(root, "run", "report", "--local", "-s", "staging", "--use-task-role", env=env)


@pytest.mark.usefixtures("engine")
def test_a_stage_that_is_not_deployed_is_said_and_nothing_starts(root: Path, aws: AwsServer) -> None:
    done = run(root, aws)

    assert (done.code, done.out) == (2, b""), done.err
    assert "no such batch 'report'" in done.err


@pytest.mark.usefixtures("engine")
def test_a_role_that_cannot_be_assumed_is_said_with_the_line_that_fixes_it(root: Path, aws: AwsServer) -> None:
    aws.deploy(sample_manifest("report"))
    aws.faults("AssumeRole", faults.access_denied(lasts=60))
    done = run(root, aws)

    assert (done.code, done.out) == (125, b""), done.err
    assert "the task role arn:aws:iam::111111111111:role/batches/staging/report-task cannot be assumed" in done.err
    assert 'platform.grant_assume("arn:aws:iam::111111111111:role/*batches-runner")' in " ".join(done.err.split())


@pytest.mark.parametrize("option", ["--use-task-role", "--use-values"])
def test_a_plain_process_is_refused(root: Path, aws: AwsServer, option: str) -> None:
    env = environment(**aws.environ(), BATCHWRIGHT_BACKEND="process")
    done = call(root, "run", "report", "--local", "-s", "staging", option, env=env)

    assert done.code == 2
    assert f"{option} cannot be combined with --local as a plain process" in done.err
    assert aws.calls == []
