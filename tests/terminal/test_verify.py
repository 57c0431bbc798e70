"""verify at a terminal: of a stage in which several things are wrong, and of one batch of it."""

from collections.abc import Callable

from tests.fake_aws import AwsServer, faults
from tests.runner.host.verify import planted
from tests.runner.host.verify.stage import deploy, push
from tests.terminal.conftest import Opened
from tests.terminal.window import Recording

Look = Callable[[Recording], None]


def spoiled(aws: AwsServer) -> None:
    """Three batches: the values, the log and the file system of one are wrong, and what all have in common is, too."""
    push(aws)
    for batch in ("daily-report", "monthly-report", "weekly-report"):
        deploy(aws, batch)
    planted.no_secret(aws)
    planted.no_log_group(aws)
    planted.closed_mount_target(aws)
    planted.narrow_subnets(aws)
    planted.rule_that_is_off(aws)
    planted.all_in_use(aws)
    aws.faults("DescribeKey", faults.access_denied(None))


def test_verify_a_stage(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    spoiled(aws)
    looks_right(window("verify", "-s", "staging").end())


def test_verify_a_batch(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    spoiled(aws)
    looks_right(window("verify", "daily-report", "-s", "staging").end())
