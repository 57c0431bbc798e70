"""The rules of a workflow, held to the table row by row."""

import pytest

from batchwright_runner.contract.verdicts import ROWS as VERDICTS
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.contract.workflows.rules import (
    NOT_STARTED,
    RUNNING,
    StepState,
    StepStatus,
    WorkflowDecision,
    WorkflowVerdict,
    decide,
    failed_steps,
    summary,
)
from tests.kit.rows import each_row
from tests.kit.workflow_rows import ROWS, WorkflowRow, shape

STOPPED = WorkflowVerdict(Row.STOPPED_BY_OTHERS, 122)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_rules_are_those_of_the_table(row: WorkflowRow) -> None:
    waves, states, named, decision = played(row)

    assert waves == list(row.waves)
    assert {name: state.status for name, state in states.items()} == row.states
    assert named == (set() if row.told is None else {row.told})
    assert decision.verdict == row.verdict


@pytest.mark.parametrize("row", [row for row in ROWS if not row.stop and not row.whole], ids=str)
def test_one_step_at_a_time_starts_the_same_in_declared_order(row: WorkflowRow) -> None:
    started, states = [], row.at_first()
    while ready := decide(row.structure, states).start:
        started.append(ready[0].name)
        states[ready[0].name] = row.end(ready[0].name)

    decision = decide(row.structure, states)
    assert (tuple(started), decision.verdict) == (row.started, row.verdict)
    never = {name for name, status in row.states.items() if status is StepStatus.NOT_STARTED}
    assert {step.name for step in decision.never} == never


def played(row: WorkflowRow) -> tuple[list[tuple[str, ...]], dict[str, StepState], set[str], WorkflowDecision]:
    """What starts at each moment, the states at the end, failed steps that the last ones are given, the decision."""
    states, waves, named = row.at_first(), [], set[str]()
    halted = WorkflowVerdict(row.whole, VERDICTS[row.whole].code) if row.whole else None
    while (decision := decide(row.structure, states, halted)).start:
        names = tuple(step.name for step in decision.start)
        waves.append(names)
        if {*names} & {step.name for step in row.structure.always}:
            named.add(" ".join(failed_steps(row.structure, states)))
        states |= dict.fromkeys(names, RUNNING)
        halted = STOPPED if row.hanging & {*names} else halted
        decision = decide(row.structure, states, halted)
        assert decision.verdict is None
        assert not decision.start
        states |= {name: row.end(name) for name in names}
    states |= {step.name: NOT_STARTED for step in decision.never}
    assert decide(row.structure, states, halted) == WorkflowDecision((), (), decision.verdict)
    return waves, states, named, decision


def test_the_table_has_every_kind_of_row() -> None:
    assert len({row.title for row in ROWS}) == len(ROWS)
    assert len(ROWS) >= 55
    ends = {end for row in ROWS for attempts in row.attempts.values() for end in attempts}
    assert ends >= {row.value for row in Row} - {"own", "signal", "step-not-run"}


def test_a_step_beside_a_running_one_starts_when_its_own_predecessor_has_ended() -> None:
    structure = shape("[a b / c] d")

    decision = decide(structure, {"step-a": StepState.of(Row.OWN, 0), "step-c": RUNNING})

    assert ([step.name for step in decision.start], decision.never) == (["step-b"], ())
    assert decision.verdict is None


def test_what_never_starts_is_known_while_others_run() -> None:
    decision = decide(shape("[a b / c] d ; z"), {"step-a": StepState.of(Row.OWN, 3), "step-c": RUNNING})

    assert [step.name for step in decision.never] == ["step-b", "step-d"]
    assert decision.verdict is None


def test_a_stop_waits_for_what_runs() -> None:
    running = {"step-a": RUNNING, "step-b": StepState.of(Row.OWN, 0)}

    assert decide(shape("[a / b] c"), running, STOPPED).verdict is None
    assert decide(shape("[a / b] c"), {**running, "step-a": StepState.of(Row.OWN, 0)}, STOPPED).verdict == STOPPED


@each_row("given said again error", __file__, "verdicts")
def test_the_verdict_of_the_command(given: str, said: str, again: str, error: str) -> None:
    names = {"WorkflowVerdict": WorkflowVerdict, "Verdict": Verdict, "Row": Row}
    verdict, whole = eval(given.partition(".because")[0], names), eval(given, names)

    assert (whole.said, whole.again) == (said, again)
    assert (whole.row, whole.code, verdict.error) == (verdict.row, verdict.code, error)


def test_a_summary_counts_states_and_says_which_failures_are_ignored() -> None:
    ended = {f"step-{letter}": StepState.of(Row.OWN, code) for letter, code in (("a", 0), ("b", 3), ("c", 4))}
    states = {**ended, "step-d": NOT_STARTED}

    assert summary(shape("a b~ c d"), states) == "1 succeeded, 1 failed, 1 failed (ignored), 1 not started"
