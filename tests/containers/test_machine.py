"""A state machine is executed, its tasks are containers of this machine: it ends as the runner does in AWS's place.

Each row of the table of exit codes, with containers that answer SIGTERM with 0, however ``.sync`` takes it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, get_args

import pytest

from batchwright.automation.facts import MachineFacts
from batchwright.automation.machine import machine
from batchwright_runner.contract.ends import DEADLINE_REASON
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.verdicts import ROWS, Row, name, named
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.project.batches import DeclaredBatch, read_one
from tests.containers.backends import not_as_process
from tests.containers.cases import Cases
from tests.containers.local_ecs import LocalEcs, Stop
from tests.fake_aws import AwsServer, Interruption, Script, Sidecar, StartFailure, Term, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.command import COMMAND
from tests.kit.scripted_ecs import Sync, iso
from tests.kit.state_machine import Ended, Execution
from tests.library.automation.support import called
from tests.stories.story import RUN, Running, Scenario, Seen, play, start_task

POLITE = "trap 'exit 0' TERM; echo ready; for i in $(seq 600); do sleep 0.05; done; exit 9"
"""Answers SIGTERM with 0."""
AS_POLITE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=0.3))
SPOT = "Your Spot Task was interrupted."
EXECUTION = "arn:aws:states:eu-west-1:111111111111:execution:batches-staging-plain:0000"


def stop_by_hand(running: Running) -> None:
    running.until_line(b"ready")
    running.aws.stop_task(running.aws.tasks[0], "Task stopped by user")


def fire_deadline(running: Running) -> None:
    running.until_line(b"ready")
    running.aws.fire_schedules()


def tell_to_stop(running: Running) -> None:
    running.until_line(b"ready")
    running.send(15)


def paused(aws: AwsServer) -> None:
    aws.put_parameter("/batches/staging/paused/daily-report", Pause(reason="a move").to_json())


def another_run(aws: AwsServer) -> None:
    start_task(aws)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One end, in both places.

    Attributes:
        expected: The name of the end.
        script: What the main container runs here; empty for what the batch declares.
        batch: The batch here.
        changes: Fields of its manifest, in both places.
        given: The execution's input.
        stop: A stop by somebody else, here.
        pause: The pause's record, here.
        beside: Whether another execution is older than this one.
        timeout: Seconds that an attempt may take, in both places; 0 for what is declared.
        there: What the task does in AWS's place.
        prepare: Prepares the server there.
        act: Interferes there.
        args: Further arguments of the runner there.
    """

    expected: str
    script: str = ""
    batch: str = "plain"
    changes: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    stop: Stop | None = None
    pause: str = ""
    beside: bool = False
    timeout: int = 0
    there: Script = AS_POLITE
    prepare: Callable[[AwsServer], object] | None = None
    act: Callable[[Running], object] | None = None
    args: Sequence[str] = ()


CASES: Mapping[str, Case] = {
    "0": Case(expected="Batchwright.Exit0", script="exit 0", there=Script(exit_code=0)),
    "3": Case(expected="Batchwright.Exit3", script="exit 3", there=Script(exit_code=3)),
    "255": Case(expected="Batchwright.Exit255", script="exit 255", there=Script(exit_code=255)),
    "memory": Case(
        expected="Batchwright.Exit137",
        batch="small",
        there=Script(exit_code=137, exit_reason="OutOfMemoryError: Container killed due to memory usage"),
    ),
    "sidecar 143": Case(
        expected="Batchwright.Exit0",
        batch="signaled",
        there=Script(runs=0.5, sidecars=(Sidecar(name="side", exit_code=143, drain=0.2),)),
    ),
    "sidecar 7 first": Case(
        expected="Batchwright.Exit5",
        batch="bystander",
        there=Script(runs=0.5, exit_code=5, sidecars=(Sidecar(name="side", exit_code=7, ends=0.1),)),
    ),
    "essential first": Case(
        expected="Batchwright.NoResult",
        batch="essential",
        there=Script(
            lines=lines("ready"),
            runs=60.0,
            term=Term(exit_code=0),
            sidecars=(Sidecar(name="side", exit_code=4, ends=0.3, essential=True),),
        ),
    ),
    "stopped": Case(expected="Batchwright.Stopped", script=POLITE, stop=Stop(), act=stop_by_hand),
    "stopped by its runner": Case(expected="Batchwright.Stopped", script=POLITE, stop=Stop(), act=tell_to_stop),
    "spot": Case(
        expected="Batchwright.Interrupted",
        script=POLITE,
        stop=Stop(code="SpotInterruption", reason=SPOT),
        there=replace(AS_POLITE, interruption=Interruption(after=0.5)),
    ),
    "timeout": Case(expected="Batchwright.Timeout", script=POLITE, timeout=2),
    "deadline": Case(
        expected="Batchwright.Timeout", script=POLITE, stop=Stop(reason=DEADLINE_REASON), act=fire_deadline
    ),
    "no such program": Case(
        expected="Batchwright.NeverStarted",
        batch="nothing",
        there=Script(start_failure=StartFailure(reason="CannotStartContainerError: no such program")),
    ),
    "retried": Case(
        expected="Batchwright.Exit3",
        script="exit 3",
        changes={"retries": 2, "retry_on": (3,)},
        there=Script(exit_code=3),
    ),
    "overlap": Case(expected="Batchwright.Overlap", changes={"overlap": "forbid"}, beside=True, prepare=another_run),
    "paused": Case(expected="Batchwright.Paused", pause=Pause(reason="a move").to_json(), prepare=paused),
    "usage": Case(expected="Batchwright.Usage", given={"DATE": "today"}, args=["-o", "DATE=today"]),
}
STARTS = {"retried": 3, "overlap": 0, "paused": 0, "usage": 0}


def test_the_table_has_every_row() -> None:
    rows = {named(case.expected)[0] for case in CASES.values()}

    assert set(Row) - rows == {Row.SIGNAL}  # its name is that of a stop by somebody else
    assert ROWS[Row.SIGNAL].name == ROWS[Row.STOPPED_BY_OTHERS].name


# In AWS's place.


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, "Future[Seen]"]]:
    """All runs of the installed command, at once: nearly all of their time is waiting."""
    with ThreadPoolExecutor(len(CASES)) as pool:
        yield {id: pool.submit(play, scenario(case), tmp_path_factory.mktemp("run")) for id, case in CASES.items()}


def scenario(case: Case) -> Scenario:
    sides = {one.name for one in case.there.sidecars if one.essential}
    timeout = ["--timeout", f"{case.timeout}s"] if case.timeout else []
    return Scenario(
        scripts=[case.there],
        manifest=sample_manifest("daily-report", **{"essential": tuple(sides), **case.changes}),
        command=[str(COMMAND), *RUN, *timeout, *case.args],
        faults={},
        prepare=case.prepare,
        act=case.act,
        env={},
        files={},
    )


@pytest.mark.parametrize("id", CASES)
def test_the_runner_ends_so(id: str, runs: Mapping[str, "Future[Seen]"]) -> None:
    seen = runs[id].result()

    assert name(Row(seen.result["row"]), seen.code) == CASES[id].expected, seen.err


# In containers of this machine.


@pytest.fixture
def local(cases: Cases, engine: Engine) -> Iterator[Callable[[Case, Sync], LocalEcs]]:
    """Makes an ECS for a case. What it has not ended is ended."""
    made: list[LocalEcs] = []

    def make(case: Case, sync: Sync) -> LocalEcs:
        batch = declared(cases, case)
        image = engine.image(cases.project.image)
        assert image is not None
        images = {str(one["name"]): image for one in batch.containers}
        label, _, project = cases.project.label.partition("=")
        made.append(
            LocalEcs(engine, batch, images, sync=sync, stop=case.stop, pause=case.pause, labels={label: project})
        )
        return made[-1]

    yield make
    for one in made:
        for task in one.tasks:
            if not task.over:
                task.stop(Stop())
                task.finish()


def declared(cases: Cases, case: Case) -> DeclaredBatch:
    """The batch, as it was synthesized, with what only a deployment knows."""
    batch = read_one(cases.root / ".batchwright/assembly/local", "local", case.batch)
    known: dict[str, Any] = {
        "task_definition": f"arn:aws:ecs:eu-west-1:111111111111:task-definition/batches-staging-{case.batch}:1",
        "subnets": ("subnet-1",),
    }
    timeout: dict[str, Any] = {"timeout_seconds": case.timeout} if case.timeout else {}
    return replace(batch, manifest=replace(batch.manifest, **known, **timeout, **case.changes))


def execute(case: Case, ecs: LocalEcs) -> Ended:
    manifest = ecs.batch.manifest
    definition = machine(
        MachineFacts(
            manifest=manifest,
            cluster="arn:aws:ecs:eu-west-1:111111111111:cluster/batches-staging",
            task_definition=manifest.task_definition,
            family=f"batches-staging-{case.batch}",
            subnets="subnet-1",
            paused="/batches/staging/paused/plain",
            command=True,
        )
    )
    given = {**case.given, **({"command": ["sh", "-c", case.script]} if case.script else {})}
    if case.beside:
        ecs.executions.append({"ExecutionArn": EXECUTION, "Name": "0000", "StartDate": iso(ecs.clock.now - 60)})
    return Execution(definition, ecs, ecs.clock).run(given)


@pytest.mark.parametrize(
    ("backend", "sync"),
    # How Step Functions takes an end has nothing to do with the engine.
    [*(("docker", sync) for sync in get_args(Sync)), ("podman", "any")],
    indirect=["backend"],
    scope="session",
)
@pytest.mark.parametrize("id", CASES)
def test_so_does_the_machine(local: Callable[[Case, Sync], LocalEcs], id: str, sync: Sync) -> None:
    case = CASES[id]
    ecs = local(case, sync)

    ended = execute(case, ecs)

    assert called(ended) == case.expected, ended
    assert len(ecs.tasks) == STARTS.get(id, 1)
    if case.stop is not None:
        assert {one["Name"]: one["ExitCode"] for one in ecs.tasks[0].shown()["Containers"]} == {"main": 0}


@not_as_process("engine")
def test_the_container_is_told_which_run_it_is_and_when_it_was_due(local: Callable[[Case, Sync], LocalEcs]) -> None:
    case = Case(
        expected="Batchwright.Exit0",
        script="echo $BATCHWRIGHT_RUN_ID $BATCHWRIGHT_SCHEDULED_TIME",
        given={"scheduled": "2026-11-25T17:30:00Z"},
    )
    ecs = local(case, "any")

    assert called(execute(case, ecs)) == case.expected
    assert ecs.tasks[0].lines == ["9f1c 2026-11-25T17:30:00Z"]


@not_as_process("engine")
def test_a_run_in_containers_is_in_progress_for_another(local: Callable[[Case, Sync], LocalEcs]) -> None:
    first = Case(expected="", script=POLITE, changes={"overlap": "forbid"})
    ecs = local(first, "any")
    environment = [{"Name": "BATCHWRIGHT_RUN_ID", "Value": "night"}]
    words = ["sh", "-c", POLITE]
    override = {"Name": "main", "Command": words, "Environment": environment}
    other = ecs.begin({"Overrides": {"ContainerOverrides": [override]}, "Group": "family:x"}, "night")

    found = called(execute(first, ecs))
    other.stop(Stop())
    other.finish()
    again = called(execute(replace(first, script="exit 0"), ecs))

    assert (found, again) == ("Batchwright.Overlap", "Batchwright.Exit0")
