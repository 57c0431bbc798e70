"""A batch in existing roles, with an existing log, a foreign key and foreign secrets, run with ``grant_run`` alone."""

from functools import cache
from threading import Lock
from typing import Any

from aws_cdk import Environment
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from batchwright import Existing, FargateBatch, Secret
from batchwright_runner.contract.manifest import Deadline
from tests.fake_aws import AwsServer, Script, steady
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.library.resolved import resolved
from tests.library.support import app, batch, platform, policy_statements, stack, templates
from tests.stories.story import Seen, story

HOUSE = f"arn:aws:iam::{ACCOUNT}:role/house"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
ROLES = [f"{HOUSE}/report-task", f"{HOUSE}/report-exec"]
MANIFEST = sample_manifest(
    log_group="/house/report",
    deadline=Deadline(
        group="batches-staging",
        role=f"arn:aws:iam::{ACCOUNT}:role/batches/staging/batches-staging-daily-report-stop",
    ),
)
ONE_BY_ONE = Lock()  # stories are played in threads, and the CDK knows one
PLAIN = Script(lines=steady(5), exit_code=3)


@cache
def sample() -> tuple[FargateBatch, list[dict[str, Any]]]:
    """The batch, and what the caller may do: of a real synthesis."""
    home, env = app(), Environment(account=ACCOUNT, region=REGION)
    first, ours = stack(home, "first", env), stack(home, "stack", env)
    on = platform(first, key=KEY)
    on.grant_run(iam.Role.from_role_arn(first, "Rundeck", f"{HOUSE}/rundeck"))
    made = batch(
        ours,
        on,
        "daily-report",
        secrets=[Secret.existing("PASSWORD", "/house/database/PASSWORD", key=KEY)],
        existing=Existing(
            task_role=iam.Role.from_role_arn(ours, "Task", ROLES[0]),
            execution_role=iam.Role.from_role_arn(ours, "Execution", ROLES[1]),
            log_group=logs.LogGroup.from_log_group_name(ours, "Log", "/house/report"),
        ),
    )
    batch(ours, on, "other", existing=Existing(log_group=logs.LogGroup.from_log_group_name(ours, "Log2", "/house/2")))
    return made, resolved(policy_statements(templates(home)["first"]), {})


def by_rundeck(aws: AwsServer) -> None:
    with ONE_BY_ONE:
        made, statements = sample()
    assert made.manifest.deadline == MANIFEST.deadline
    assert made.manifest.log_group == MANIFEST.log_group
    aws.limit(statements, {"batches-staging-daily-report": ROLES})


def refused(seen: Seen) -> set[str]:
    return {call.operation for call in seen.aws.calls if call.outcome == "AccessDeniedException"}


@story(PLAIN, manifest=MANIFEST, prepare=by_rundeck)
def test_it_runs_and_its_log_is_seen(seen: Seen) -> None:
    assert (seen.code, len(seen.lines)) == (3, 5)
    assert not refused(seen)
    assert {"CreateSchedule", "DeleteSchedule"} <= seen.calls.keys()


@story(PLAIN, args=["--timeout", "1s"], manifest=MANIFEST, prepare=by_rundeck)
def test_it_is_stopped(seen: Seen) -> None:
    assert not refused(seen)
