"""describe at a terminal: of a batch of which all is known, of one whose records may not be read, and of a run."""

from collections.abc import Callable

from tests.fake_aws import AwsServer, Script, faults
from tests.runner.workbench.page.stage import QUICK, deploy, ran
from tests.terminal.conftest import Opened
from tests.terminal.window import Recording

Look = Callable[[Recording], None]


def test_describe(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    deploy(aws, QUICK)
    ran(aws)
    looks_right(window("describe", "daily-report", "-s", "staging").end())


def test_describe_with_little_permission(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    deploy(aws, Script(), owner="経理システム", description="前日の売上を集計し、経理部にメールで送ります。")
    for operation in ("DescribeTaskDefinition", "GetParameters", "ListTasks"):
        aws.faults(operation, faults.access_denied(None))
    looks_right(window("describe", "daily-report", "-s", "staging").end())


def test_describe_a_run(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    deploy(aws, QUICK)
    ran(aws)
    looks_right(window("describe", "night", "-s", "staging").end())


def test_describe_nothing(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    deploy(aws)
    looks_right(window("describe", "daily-reprot", "-s", "staging").end())
