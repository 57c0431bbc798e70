"""Declares the tasks of a Rails application: one image, and a batch for each line of a table."""

from collections.abc import Iterator

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchPlatform, FargateBatch, Schedule

TASKS = {
    "orders-close": ("Closes the orders that were paid yesterday.", Schedule.daily("00:30")),
    "orders-report": ("Prints yesterday's turnover by shop.", Schedule.cron("0 7 * * MON-FRI")),
    "coupons-expire": ("Expires the coupons whose last day is over.", None),
}
"""Batch to what it is for, and when it is due. The rake task has the same name, with a colon: ``orders:close``."""


def batches(scope: Construct, platform: BatchPlatform) -> Iterator[FargateBatch]:
    """A batch for each task."""
    for name, (description, schedule) in TASKS.items():
        yield FargateBatch(
            scope,
            name,
            platform=platform,
            owner="shop-team",
            description=description,
            image="shop",
            command=["bundle", "exec", "rake", name.replace("-", ":", 1)],
            reads=[f"csv:{name.partition('-')[0]}"],
            environment={"RAILS_ENV": "production"},
            parameters={"SHOP_CURRENCY": platform.choose(default="JPY", production="EUR")},
            schedule=schedule,
            timeout=Duration.minutes(30),
        )
