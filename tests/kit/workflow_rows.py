"""The table of a workflow's rules, ``rows/workflows.txt``: that of rules, local engine, machine and runner.

A row's columns are:

* what it shows;
* the shape: ``a`` is a step of the batch ``step-a``; ``a+`` fails at the end, ``a~`` is ignored; ``[a b / c]`` are
  branches side by side, of which the first is a chain; what follows ``;`` always runs;
* how steps end that do not end well, ``a=3``: an exit code or a row of the table of exit codes; after a comma that of
  the next attempt, which the batch's ``retries`` allow; ``a=passed-over`` is left out of a run again.
  ``stop=a``: the whole is stopped while ``a`` and what started with it run, and none of them ends before;
  ``whole=paused``: it is not begun, for that row;
* what starts, where every step takes the same time: ``>`` stands between moments;
* the states of all steps that did not succeed;
* the failed steps that are named to the steps that always run; ``-`` where none of those runs;
* the verdict: the exit code of the step that decides, or a row, and that step; ``stopped`` is a stop of the whole.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from batchwright_runner.contract.verdicts import ROWS as VERDICTS
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.workflows.rules import NOT_BEGUN, PASSED_OVER, StepState, StepStatus, WorkflowVerdict
from batchwright_runner.contract.workflows.structure import (
    Chain,
    OnFailure,
    ParallelGroup,
    Structure,
    WorkflowStep,
    steps_of,
)

TABLE = (Path(__file__).parent / "rows/workflows.txt").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """A row of the table, read. Steps are called ``step-a``; each runs the batch of its name.

    Attributes:
        title: What it shows.
        structure: The shape.
        attempts: Step to the ends of its attempts, ``("3", "0")``: exit codes, or rows of the table of exit codes.
        passed_over: The steps that are left out of a run again.
        stop: The step during which the whole is stopped; empty for none.
        whole: The row for which it is not begun; none where it is.
        waves: The steps that start at each moment, where every step takes the same time.
        states: Step to what has become of it.
        told: The failed steps that those that always run are given; none where no such step runs.
        verdict: The end; of a whole that was stopped, as if someone else had done it.
    """

    title: str
    structure: Structure
    attempts: Mapping[str, tuple[str, ...]]
    passed_over: frozenset[str]
    stop: str
    whole: Row | None
    waves: tuple[tuple[str, ...], ...]
    states: Mapping[str, StepStatus]
    told: str | None
    verdict: WorkflowVerdict

    def __str__(self) -> str:
        """Its title: the name of a test's case."""
        return self.title

    @property
    def started(self) -> tuple[str, ...]:
        """The steps that start, in declared order: that of an engine which runs one branch at a time."""
        return tuple(step.name for step in self.structure.all_steps if any(step.name in wave for wave in self.waves))

    @property
    def hanging(self) -> frozenset[str]:
        """The steps that do not end before the whole is stopped."""
        return frozenset(next((wave for wave in self.waves if self.stop in wave), ()))

    def end(self, step: str) -> StepState:
        """The state that a step's last attempt leaves it in; one that hangs has been stopped with the whole."""
        row, code = ended("stopped-by-others" if step in self.hanging else self.attempts.get(step, ("0",))[-1])
        return StepState.of(row, code)

    def at_first(self) -> dict[str, StepState]:
        """The states before it begins."""
        return dict.fromkeys(self.passed_over, PASSED_OVER)


def ended(text: str) -> tuple[Row, int]:
    """The row and the code of an end as the table says it: ``3``, ``timeout``."""
    return (Row.OWN, int(text)) if text.isdigit() else (Row(text), VERDICTS[Row(text)].code)


def predecessors(structure: Structure) -> dict[str, frozenset[str]]:
    """Step to the steps that must have ended before it may start."""
    predecessors: dict[str, frozenset[str]] = {}

    def walk(chain: Chain, before: frozenset[str]) -> frozenset[str]:
        for item in chain:
            if isinstance(item, WorkflowStep):
                predecessors[item.name] = before
            else:
                for branch in item.branches:
                    walk(branch, before)
            before |= {step.name for step in steps_of((item,))}
        return before

    walk(structure.always, walk(structure.steps, frozenset()))
    return predecessors


def shape(text: str) -> Structure:
    """The structure that a shape stands for."""
    steps, _, always = text.partition(";")
    return Structure(steps=_chain(re.findall(r"[\[\]/]|\w+[+~]?", steps)), always=tuple(map(_step, always.split())))


def _chain(tokens: list[str]) -> Chain:
    """Reads a chain, and takes its tokens away, up to what ends it."""
    items: list[WorkflowStep | ParallelGroup] = []
    while tokens and tokens[0] not in "]/":
        token = tokens.pop(0)
        if token != "[":
            items.append(_step(token))
            continue
        branches = [_chain(tokens)]
        while tokens.pop(0) == "/":
            branches.append(_chain(tokens))
        items.append(ParallelGroup(tuple(branches)))
    return tuple(items)


def _step(token: str) -> WorkflowStep:
    on_failure: OnFailure = "fail-at-end" if token.endswith("+") else "ignore" if token.endswith("~") else "stop"
    return WorkflowStep(name=_name(token.rstrip("+~")), on_failure=on_failure)


def _name(letter: str) -> str:
    return f"step-{letter}"


def _names(text: str) -> tuple[str, ...]:
    return tuple(_name(letter) for letter in text.split())


def _row(line: str) -> WorkflowRow:
    title, form, ends, waves, states, told, verdict = (column.strip() for column in line.split("|"))
    by_letter = dict(end.split("=") for end in ends.split())
    stop, whole = by_letter.pop("stop", ""), by_letter.pop("whole", "")
    structure = shape(form)
    by_step = {step.name: StepStatus.SUCCEEDED for step in structure.all_steps}
    for part in filter(None, states.split(", ")):
        letters, status = re.fullmatch(r"((?:\w )+)(\w+(?: \w+)?)", part).groups()  # type: ignore[union-attr] # it fits
        by_step |= dict.fromkeys(_names(letters), StepStatus(status))
    return WorkflowRow(
        title=title,
        structure=structure,
        attempts={_name(letter): tuple(end.split(",")) for letter, end in by_letter.items() if end != "passed-over"},
        passed_over=frozenset(_name(letter) for letter, end in by_letter.items() if end == "passed-over"),
        stop=_name(stop) if stop else "",
        whole=Row(whole) if whole else None,
        waves=tuple(_names(wave) for wave in waves.split(" > ")) if waves else (),
        states=by_step,
        told=None if told == "-" else " ".join(_names(told)),
        verdict=_verdict(verdict),
    )


def _verdict(text: str) -> WorkflowVerdict:
    end, _, step = text.partition(" ")
    row, code = ended("stopped-by-others" if end == "stopped" else end)
    return WorkflowVerdict(row, code, _name(step) if step else "", begun=row not in NOT_BEGUN)


ROWS = [_row(line) for line in TABLE.splitlines() if line]
"""The table, read."""
