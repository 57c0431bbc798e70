"""What the tests of declared workflows share."""

from typing import Any

from aws_cdk import App
from constructs import Construct

from batchwright import Option, Parallel, Step, Workflow
from batchwright.stage.base import Platform
from batchwright.workflows.steps import Item
from batchwright_runner.contract.names import StageNames
from tests.library.support import app, batch, platform, stack

NAMES = StageNames("batches", "staging")
MACHINES = "arn:aws:states:ap-northeast-1:111111111111:stateMachine:batches-staging"
STEPS: list[Item] = [
    "extract",
    Parallel(["orders-load", "orders-check"], Step("coupons-load", on_failure="fail-at-end")),
    Step("report", options={"FORMAT": "csv"}),
]
OPTIONS = [Option("FORMAT", values=["csv", "json"]), Option("DAY")]
BATCHES = ("extract", "orders-load", "orders-check", "coupons-load", "report", "summary")


def workflow(scope: Construct, on: Platform, name: str = "nightly", **arguments: Any) -> Workflow:  # noqa: ANN401 - any
    """A workflow with the little that it needs."""
    given = {"owner": "sre", "description": "Loads the orders.", "steps": STEPS, **arguments}
    return Workflow(scope, name, platform=on, **given)


def home(stage: str = "staging", **arguments: Any) -> tuple[App, Workflow]:  # noqa: ANN401 - any argument
    """An app with a workflow in a stack of its own, and its batches in another."""
    made = app()
    first, second = stack(made, "batches"), stack(made, "workflow")
    on = platform(first, stage=stage)
    for name in BATCHES:
        batch(first, on, name, options=OPTIONS, scheduler="rundeck")
    return made, workflow(second, on, **arguments)
