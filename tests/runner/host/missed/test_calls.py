"""How much is asked of AWS to know what did not run: by family, in pages, and what is long over once."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest

from batchwright_runner.contract.due_times import DueDays
from batchwright_runner.contract.watch import Watch
from batchwright_runner.contract.workflows.structure import Structure, WorkflowStep
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.backfill.look import BackfillLook
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.missed.due import times_of_days
from batchwright_runner.host.missed.look import look
from batchwright_runner.host.stage.all_manifests import all_batches
from batchwright_runner.host.stage.session import Stage
from tests.fake_aws import AwsServer, Script
from tests.fake_aws.fixtures import REGION, sample_manifest
from tests.kit.fakes import FakeWaiter
from tests.runner.host.workflows.played import BEGINNING, Account, Direct, devices, sample_workflow
from tests.stories.story import start_task

BATCHES = 60
NIGHTLY = "30 2 * * * UTC"


@dataclass
class Asked(Direct):
    """What was asked of CloudWatch Logs."""

    reads: list[Mapping[str, Any]] = field(default_factory=list)

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        if operation == "filter_log_events" and "limit" not in parameters:
            self.reads.append(parameters)
        return super().call(service, operation, **parameters)


@pytest.fixture
def stage() -> Iterator[Stage]:
    waiter = FakeWaiter()
    server = AwsServer(clock=lambda: BEGINNING + waiter.time)
    for number in range(BATCHES):
        manifest = sample_manifest(f"batch-{number}", schedule=NIGHTLY, scheduler="rundeck")
        server.deploy(manifest, Script(runs=10.0))
    with devices() as (console, _, _):
        target = StageTarget(project="batches", stage="staging")
        yield Stage(target, Asked(server), waiter, console, REGION)


def asked(stage: Stage) -> Asked:
    assert isinstance(stage.aws, Asked)
    return stage.aws


def deploy_records(server: AwsServer) -> None:
    for number in range(BATCHES):
        server.put_parameter(f"/batches/staging/watch/batch-{number}", Watch(schedule=NIGHTLY).to_json())


@pytest.mark.parametrize("prepare", [deploy_records, lambda _: None])
def test_records_are_read_in_pages_whether_batches_have_them_or_not(
    stage: Stage, prepare: Callable[[AwsServer], None]
) -> None:
    aws = asked(stage)
    prepare(aws.server)

    assert len(look(stage, Runs(stage, all_batches(stage)), BEGINNING - 86400.0).batches) == BATCHES
    assert aws.count("GetParameter") == aws.count("GetParameterHistory") == 0
    assert aws.count("GetParametersByPath") <= 3 * BATCHES / 10 + 5
    assert len(aws.calls) <= 3 * BATCHES / 10 + 15


def test_a_backfill_reads_the_history_of_its_batch_and_what_is_long_over_once(stage: Stage) -> None:
    aws = asked(stage)
    start_task(aws.server, "batch-1", startedBy="night")
    start_task(aws.server, "batch-2", startedBy="night")
    stage.waiter.wait(2 * 86400.0)
    (manifest,) = [manifest for manifest in all_batches(stage) if manifest.batch == "batch-1"]
    today = datetime.fromtimestamp(BEGINNING, UTC).date()
    days = DueDays(date.fromordinal(today.toordinal() - 9), today)
    backfill = BackfillLook(stage, manifest, times_of_days(manifest, days, aws.server.world.clock()))

    known = []
    for _ in range(3):
        aws.calls.clear()
        known.append(backfill.known()[0])
        start_task(aws.server, "batch-1", startedBy="again")
        stage.waiter.wait(5.0 if len(known) == 1 else 7200.0)  # it is in progress; ECS has forgotten it
        aws.server.world.settle()

    patterns = {str(read.get("filterPattern")) for read in aws.reads}
    assert patterns == {'{ $.detail.taskDefinitionArn = "*:task-definition/batches-staging-batch-1:*" }'}
    first, *others = [read["startTime"] / 1000 for read in aws.reads]
    assert first < BEGINNING - 8 * 86400.0
    assert all(other > time.time() - 2 * 3600.0 for other in others)
    assert [[run.ended is None for run in view.runs] for view in known] == [[False], [False, True], [False] * 3]
    assert len(aws.calls) <= 6


def test_a_backfill_asks_once_what_an_execution_that_has_ended_was_given() -> None:
    account = Account(sample_workflow(Structure(steps=(WorkflowStep(name="load"),))), {})
    for run in ("monday", "tuesday"):
        account.run(run, {"scheduled": "2027-01-15T02:30:00+00:00"})
    day = datetime.fromtimestamp(BEGINNING, UTC).date()
    with devices() as (console, _, _):
        stage = Stage(StageTarget(project="batches", stage="staging"), account.aws, account.waiter, console, REGION)
        times = times_of_days(account.workflow, DueDays(day, day), account.server.world.clock())
        backfill = BackfillLook(stage, account.workflow, times)
        first = backfill.known()[0]
        asked = account.aws.count("DescribeExecution")

        assert [run.identity for run in backfill.known()[0].runs] == [run.identity for run in first.runs]
        assert (len(first.runs), account.aws.count("DescribeExecution")) == (2, asked)
