"""A machine judges as the runner does: for each row of the table, whatever ``.sync`` takes for a success."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchwright_runner.contract.ends import DEADLINE_REASON, MAINTENANCE
from batchwright_runner.contract.judgment.ending import ending_of
from batchwright_runner.contract.judgment.retries import why_again
from batchwright_runner.contract.judgment.state import state_of
from batchwright_runner.contract.judgment.verdict import verdict
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.stop_reasons import REASONS
from batchwright_runner.contract.verdicts import ROWS, Row, Verdict, name, named
from batchwright_runner.host.fargate.next_step import AttemptEnded, Done, Progress, next_step
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.scripted_ecs import End, Sync
from tests.library.automation.support import called, ecs, execute

ESSENTIAL = ("agent",)
MANIFEST = sample_manifest(essential=ESSENTIAL)
PULL = "CannotPullContainerError: pull image manifest has been retried 5 time(s): i/o timeout"
NO_IMAGE = "CannotPullContainerError: not found"
BY_HAND: dict[str, Any] = {"stop_code": "UserInitiated", "reason": "Task stopped by user"}
SPOT: dict[str, Any] = {"stop_code": "SpotInterruption", "reason": "Your Spot Task was interrupted."}
FAILED: dict[str, Any] = {"stop_code": "TaskFailedToStart", "exit_code": None, "began": False}
OOM = "OutOfMemoryError: Container killed due to memory usage"

TABLE: Sequence[tuple[str, End]] = (
    ("Batchwright.Exit0", End()),
    ("Batchwright.Exit3", End(exit_code=3)),
    ("Batchwright.Exit255", End(exit_code=300)),
    ("Batchwright.Exit255", End(exit_code=-1)),
    ("Batchwright.Exit137", End(exit_code=137, main_reason=OOM)),
    # Sidecars. SIGTERM and SIGKILL come after the main container's end; any other code of an essential one may not.
    ("Batchwright.Exit0", End(others={"router": 143})),
    ("Batchwright.Exit0", End(others={"router": 137, "agent": 143})),
    ("Batchwright.Exit0", End(others={"router": 1})),
    ("Batchwright.Exit0", End(others={"agent": None})),
    ("Batchwright.NoResult", End(exit_code=143, others={"agent": 0})),
    ("Batchwright.NoResult", End(others={"agent": 1})),
    # A container that answers SIGTERM with 0, and one that does not.
    ("Batchwright.Stopped", End(**BY_HAND)),
    ("Batchwright.Stopped", End(exit_code=143, **BY_HAND)),
    ("Batchwright.Stopped", End(exit_code=None, **BY_HAND)),
    ("Batchwright.Interrupted", End(**SPOT)),
    ("Batchwright.Interrupted", End(exit_code=143, **SPOT)),
    ("Batchwright.Interrupted", End(stop_code="TerminationNotice", reason="")),
    ("Batchwright.Interrupted", End(stop_code="InfrastructureHealth", reason="")),
    ("Batchwright.Interrupted", End(stop_code="ServiceSchedulerInitiated", reason=f"Amazon ECS is {MAINTENANCE}")),
    ("Batchwright.Timeout", End(stop_code="UserInitiated", reason=DEADLINE_REASON)),
    ("Batchwright.NeverStarted", End(reason=NO_IMAGE, **FAILED)),
    ("Batchwright.NeverStarted", End(reason=PULL, **FAILED)),
    ("Batchwright.NeverStarted", End(exit_code=None, began=False, **SPOT)),
    ("Batchwright.NoResult", End(exit_code=None)),
    ("Batchwright.NoResult", End(stop_code="", reason="")),
    ("Batchwright.NoResult", End(stop_code="SomethingNew", reason="")),
)


def lower(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A task in the casing of the API."""
    if isinstance(value, Mapping):
        return {key[0].lower() + key[1:]: lower(element) for key, element in value.items()}
    return [lower(element) for element in value] if isinstance(value, list) else value


def judged(end: End, manifest: BatchManifest) -> tuple[Verdict, str]:
    """The runner's verdict of a task's end, and why it would try again."""
    state = state_of(lower(end.task("arn")), manifest.container, essential=manifest.essential)
    ending = ending_of(manifest.container, state)
    found = verdict(ending)
    return found, why_again(manifest, found, ending, failed_starts=1, retried=0)


@pytest.mark.parametrize("sync", get_args(Sync))
@pytest.mark.parametrize(("expected", "end"), TABLE)
def test_each_end_is_called_what_the_runner_calls_it(expected: str, end: End, sync: Sync) -> None:
    found, _ = judged(end, MANIFEST)

    assert name(found.row, found.code) == expected
    assert called(execute(ecs(end, sync=sync, essential=ESSENTIAL), MANIFEST)) == expected


def test_the_table_has_every_row_that_an_end_of_a_task_can_be() -> None:
    rows = {named(expected)[0] for expected, _ in TABLE}

    assert set(Row) - rows == {Row.USAGE, Row.OVERLAP, Row.PAUSED, Row.SIGNAL, Row.STEP_NOT_RUN}


def test_a_success_of_sync_is_none_by_itself() -> None:
    ended = execute(ecs(End(**BY_HAND), sync="never"))

    assert (ended.status, ended.error) == ("FAILED", "Batchwright.Stopped")


@pytest.mark.parametrize("reason", sorted({" ".join(reason.parts) for reason in REASONS}))
def test_a_start_is_tried_again_for_the_reasons_for_which_the_runner_does(reason: str) -> None:
    failed = End(reason=reason, **FAILED)
    _, again = judged(failed, MANIFEST)
    ours = ecs(failed, End(exit_code=4))

    assert called(execute(ours, MANIFEST)) == ("Batchwright.Exit4" if again else "Batchwright.NeverStarted")
    assert len(ours.starts) == (2 if again else 1)


RETRYING = sample_manifest(retries=2, retry_on=(75, 3, "interruption"), essential=ESSENTIAL)
ENDS = st.sampled_from([end for _, end in TABLE] + [End(exit_code=75)])


def by_the_runner(script: Sequence[End], manifest: BatchManifest) -> tuple[str, int]:
    """What a runner makes of these ends, and how often it starts."""
    run = Progress(manifest=manifest)
    for number, end in enumerate(script, 1):
        state = state_of(lower(end.task("arn")), manifest.container, essential=manifest.essential)
        ending = ending_of(manifest.container, state)
        found = verdict(ending)
        run = run.after(number, found, ending)
        if isinstance(next_step(run, AttemptEnded(found, ending)), Done):
            return name(found.row, found.code), number
    raise AssertionError("the script is too short")


@settings(max_examples=60, deadline=None)
@given(script=st.lists(ENDS, min_size=1, max_size=6), sync=st.sampled_from(get_args(Sync)))
def test_whatever_comes_it_ends_as_the_runner_after_as_many_starts(script: list[End], sync: Sync) -> None:
    script = [*script, End()]
    ours = ecs(*script, sync=sync, essential=ESSENTIAL)

    assert (called(execute(ours, RETRYING)), len(ours.starts)) == by_the_runner(script, RETRYING)


def test_every_name_leads_back_to_its_row() -> None:
    for row, facts in ROWS.items():
        if row not in (Row.OWN, Row.SIGNAL):
            assert named(name(row, facts.code)) == (row, facts.code)
    assert named("Batchwright.Exit3") == (Row.OWN, 3)
    assert named("Batchwright.Exit999") == named("States.Runtime") == named("Exit3") == (Row.NO_RESULT, 125)
