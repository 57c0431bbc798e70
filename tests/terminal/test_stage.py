"""Verbs that look at a stage, or change what it does: describe, verify, alerts, pause."""

import json
from pathlib import Path

from tests.fake_aws import AwsServer, Script, faults
from tests.fake_aws.services import states
from tests.kit.projects import declared, make_project
from tests.runner.host.verify import planted
from tests.runner.host.verify.stage import deploy as deploy_all
from tests.runner.host.verify.stage import push
from tests.runner.workbench.page.stage import QUICK, deploy, ran
from tests.stories.machine_runs import KEPT, MACHINE, NAME
from tests.terminal.conftest import Opened, Shown, Shows, screens

PAUSE = ("pause", "daily-report", "-s", "staging", "--reason", "a move")


def with_alerts(aws: AwsServer) -> None:
    channels = ["SNS batches-staging-messages", "Slack #batches"]
    aws.world.functions["batches-staging-alerts-test"] = ("", {"told": channels, "untold": []})


def with_runs(aws: AwsServer) -> None:
    deploy(aws, QUICK)
    ran(aws)


def with_little_permission(aws: AwsServer) -> None:
    deploy(aws, Script(), owner="経理システム", description="前日の売上を集計し、経理部にメールで送ります。")
    for operation in ("DescribeTaskDefinition", "GetParameters", "ListTasks"):
        aws.faults(operation, faults.access_denied(None))


def spoiled(aws: AwsServer) -> None:
    """Three batches: the values and the log of one are wrong, and what all have in common is, too."""
    push(aws)
    for batch in ("daily-report", "monthly-report", "weekly-report"):
        deploy_all(aws, batch)
    planted.no_secret(aws)
    planted.no_log_group(aws)
    planted.narrow_subnets(aws)
    planted.rule_that_is_off(aws)
    planted.all_in_use(aws)
    aws.faults("DescribeKey", faults.access_denied(None))


def started_by_aws(aws: AwsServer) -> None:
    """A batch that AWS starts, of which a run is in progress."""
    aws.deploy(KEPT)
    states.begin(aws.world, MACHINE, NAME)


SHOWN = {
    "alerts_test_that_arrives": Shown(["alerts", "test", "-s", "staging"], stage=with_alerts),
    "alerts_test_without_alerts": Shown(["alerts", "test", "-s", "staging"]),
    "describe": Shown(["describe", "daily-report", "-s", "staging"], stage=with_runs, narrow=True),
    "describe_with_little_permission": Shown(
        ["describe", "daily-report", "-s", "staging"], stage=with_little_permission
    ),
    "describe_a_run": Shown(["describe", "daily-report@night", "-s", "staging"], stage=with_runs),
    "describe_nothing": Shown(["describe", "daily-reprot", "-s", "staging"], stage=deploy),
    "verify_a_stage": Shown(["verify", "-s", "staging"], stage=spoiled, narrow=True),
    "verify_a_batch": Shown(["verify", "daily-report", "-s", "staging"], stage=spoiled),
    "pause": Shown([*PAUSE, "--until", "2h"], stage=started_by_aws),
}


@screens(SHOWN)
def test_what_is_shown(shows: Shows, screen: str) -> None:
    shows(SHOWN[screen])


def test_resume(aws: AwsServer, window: Opened, shows: Shows) -> None:
    started_by_aws(aws)
    window(*PAUSE).end()

    shows(Shown(["resume", "daily-report", "-s", "staging"]))


def test_list_of_a_machine_that_goes(aws: AwsServer, window: Opened, shows: Shows, tmp_path: Path) -> None:
    started_by_aws(aws)
    make_project(tmp_path, declared("daily-report"))
    context = {"project": "batches", "stages": {"staging": {}}}
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "python app.py", "context": context}))
    window("list", "-s", "staging", "--quiet").end()  # the synthesis takes its time

    shows(Shown(["list", "-s", "staging"]))
