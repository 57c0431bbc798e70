"""Runs of workflows that are followed without a process and without waiting: time passes when somebody waits."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.structure import Structure
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.runs.workflow_end import WorkflowEnd
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.log_output import standard_output
from batchwright_runner.host.workflows.end import end_of
from batchwright_runner.host.workflows.follow import Following, WorkflowFollower
from batchwright_runner.host.workflows.start import start
from tests.fake_aws import AwsServer, Script
from tests.fake_aws.errors import AwsError
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.fake_aws.protocols import OPERATIONS
from tests.kit.fakes import FakeWaiter

if TYPE_CHECKING:
    from batchwright_runner.contract.manifest import BatchManifest

BEGINNING = 1_800_000_000.0


def machine(name: str) -> str:
    """The ARN of a machine."""
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:batches-staging-{name}"


def sample_workflow(structure: Structure, **changes: Any) -> WorkflowManifest:  # noqa: ANN401 - any field's type
    """A deployed workflow's record."""
    fields = {"project": "batches", "stage": "staging", "name": "nightly", "owner": "finance-systems"}
    return WorkflowManifest(
        **{**fields, "machine": machine("nightly"), "steps": structure.steps, "always": structure.always, **changes}
    )


@dataclass
class Direct:
    """Calls a world of the stand-in, without a connection.

    Attributes:
        server: The stand-in.
        calls: What was called, and when.
        fails: Operation to what it raises: called with the number of the call, from 0; none for a good answer.
        kills: The number of the call, of all, before which this is raised; none for none.
    """

    server: AwsServer
    calls: list[tuple[float, str]] = field(default_factory=list)
    fails: dict[str, Callable[[int], ApiError | None]] = field(default_factory=dict)
    kills: tuple[int, type[BaseException]] | None = None

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        del service
        if self.kills is not None and self.kills[0] == len(self.calls):
            (_, killed), self.kills = self.kills, None
            raise killed
        world, name = self.server.world, "".join(map(str.capitalize, operation.split("_")))
        number = self.count(name)
        self.calls.append((world.clock(), name))
        error = self.fails[name](number) if name in self.fails else None
        if error is not None and not error.lost:
            raise error
        world.settle()
        try:
            answer = OPERATIONS[name](world, parameters)
        except AwsError as refused:
            raise ApiError(refused.code, str(refused)) from refused
        if error is not None:
            raise error
        return answer

    def count(self, operation: str) -> int:
        """How often an operation was called."""
        return sum(1 for _, called in self.calls if called == operation)


@dataclass
class Played:
    """What came of a run."""

    end: WorkflowEnd
    lines: list[str]
    notes: str
    aws: Direct
    waiter: FakeWaiter
    begun: dict[str, float]

    @property
    def states(self) -> dict[str, str]:
        """Step to its state."""
        return {step.step.name: step.state.status.value for step in self.end.steps}


class Account:
    """The stand-in with a workflow in place, and one who follows its runs."""

    def __init__(self, workflow: WorkflowManifest, scripts: Mapping[str, Sequence[Script]], **manifest: Any) -> None:  # noqa: ANN401 - any field's type
        self.waiter = FakeWaiter()
        self.server = AwsServer(clock=lambda: BEGINNING + self.waiter.time)
        self.aws = Direct(self.server)
        self.workflow = workflow
        self.manifests: list[BatchManifest] = []
        self.deploy(scripts, **manifest)
        self.joined = False

    def deploy(self, scripts: Mapping[str, Sequence[Script]] = MappingProxyType({}), **manifest: Any) -> None:  # noqa: ANN401 - any field's type
        """Deploys the workflow, and those of its batches that are not there yet."""
        names = [manifest.batch for manifest in self.manifests]
        for name in dict.fromkeys(step.batch for step in self.workflow.all_steps):
            if name not in names:
                self.manifests.append(sample_manifest(name, machine=machine(name), **manifest))
                self.server.deploy(self.manifests[-1], *scripts.get(name, [Script(runs=10.0)]))
        self.server.deploy_workflow(self.workflow, self.manifests)

    def run(self, run: str = "night", given: Mapping[str, Any] | None = None, **following: Any) -> Played:  # noqa: ANN401 - those of `Following`
        """Starts a run, or joins it, and follows it."""
        with devices() as (console, out, err):
            target = StageTarget(project="batches", stage="staging")
            stage = Stage(target, self.aws, self.waiter, console, REGION)
            started = start(stage, self.workflow, run, given or {})
            self.joined = started.joined
            output = standard_output(console)
            follower = WorkflowFollower(stage, self.workflow, started.arn, output, console, Following(**following))
            end = end_of(run, follower.follow())
            console.flush()
        begun = {
            step.name: execution.started - BEGINNING
            for step in self.workflow.all_steps
            for execution in self.server.world.executions.values()
            if execution.name.rpartition("-")[0] == step.name
        }
        return Played(end, out().splitlines(), err(), self.aws, self.waiter, begun)


@contextmanager
def devices() -> Iterator[tuple[Console, Callable[[], str], Callable[[], str]]]:
    """A console that writes into memory: it, and what its stdout and its stderr got."""
    out, err = os.memfd_create("out"), os.memfd_create("err")
    texts: dict[int, str] = {}

    def text(descriptor: int) -> str:
        return texts[descriptor]

    try:
        yield Console(out, err, environment={}), lambda: text(out), lambda: text(err)
    finally:
        for descriptor in (out, err):
            texts[descriptor] = os.pread(descriptor, 1 << 22, 0).decode()
            os.close(descriptor)
