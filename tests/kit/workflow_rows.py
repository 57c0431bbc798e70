"""The table of a workflow's rules, to which every engine of workflows is held: rules, local engine, machine, runner.

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

TABLE = """
one step succeeds                              | a            |                | a         |                                 | - | 0
one step fails                                 | a            | a=3            | a         | a failed                        | - | 3 a
one step is ignored                            | a~           | a=3            | a         | a failed                        | - | 0
a chain succeeds                               | a b c        |                | a > b > c |                                 | - | 0
the first of a chain fails                     | a b c        | a=3            | a         | a failed, b c not started       | - | 3 a
the second of a chain fails                    | a b c        | b=3            | a > b     | b failed, c not started         | - | 3 b
the first fails at the end                     | a+ b c       | a=3            | a > b > c | a failed                        | - | 3 a
the first is ignored                           | a~ b c       | a=3            | a > b > c | a failed                        | - | 0
two fail at the end                            | a+ b+ c      | a=3 b=4        | a > b > c | a b failed                      | - | 3 a
one fails at the end, then one stops           | a+ b c       | a=3 b=4        | a > b     | a b failed, c not started       | - | 3 a
one is ignored, then one stops                 | a~ b c       | a=3 b=4        | a > b     | a b failed, c not started       | - | 4 b

a step takes too long                          | a b          | a=timeout      | a         | a failed, b not started         | - | timeout a
AWS ends a step                                | a b          | a=ended-by-aws | a         | a failed, b not started         | - | ended-by-aws a
a step is stopped by someone                   | a b          | a=stopped-by-others | a    | a stopped, b not started        | - | stopped-by-others a
a stopped step fails at the end                | a+ b         | a=stopped-by-others | a > b | a stopped                      | - | stopped-by-others a
nothing is known of a step's end               | a b          | a=no-result    | a         | a failed, b not started         | - | no-result a

the first never starts                         | a b          | a=never-started | a        | a failed, b not started         | - | never-started a
the first is paused                            | a b          | a=paused       | a         | a failed, b not started         | - | paused a
the first gives way to another run             | a b          | a=overlap      | a         | a failed, b not started         | - | overlap a
the first cannot be used                       | a b          | a=usage        | a         | a failed, b not started         | - | usage a
a later one never starts                       | a b          | b=never-started | a > b    | b failed                        | - | step-not-run b
a later one is paused                          | a b c        | b=paused       | a > b     | b failed, c not started         | - | step-not-run b
a later one gives way to another run           | a b          | b=overlap      | a > b     | b failed                        | - | step-not-run b
a paused one fails at the end                  | a+ b         | a=paused       | a > b     | a failed                        | - | step-not-run a
a paused one is ignored                        | a~ b         | a=paused       | a > b     | a failed                        | - | 0
a paused one is ignored, then one fails        | a~ b         | a=paused b=3   | a > b     | a b failed                      | - | 3 b
an ignored one has begun, then one is paused   | a~ b         | a=3 b=paused   | a > b     | a b failed                      | - | step-not-run b
none of two begins                             | a+ b         | a=paused b=overlap | a > b | a b failed                      | - | paused a

a second attempt succeeds                      | a b          | a=3,0          | a > b     |                                 | - | 0
a second attempt fails as the first            | a b          | a=3,3          | a         | a failed, b not started         | - | 3 a
an attempt follows an end by AWS               | a b          | a=ended-by-aws,0 | a > b   |                                 | - | 0

branches succeed                               | [a / b]      |                | a b       |                                 | - | 0
branches in the middle                         | a [b / c] d  |                | a > b c > d |                               | - | 0
the one before branches fails                  | a [b / c] d  | a=3            | a         | a failed, b c d not started     | - | 3 a
a branch fails                                 | [a / b] c    | a=3            | a b       | a failed, c not started         | - | 3 a
both branches fail                             | [a / b] c    | a=4 b=3        | a b       | a b failed, c not started       | - | 4 a
what runs beside a failure goes on             | [a b / c d] e | a=3           | a c > d   | a failed, b e not started       | - | 3 a
the order is the declared one, not that of time | [a b / c] d | b=3 c=4        | a c > b   | b c failed, d not started       | - | 3 b
a branch fails at the end                      | [a+ b / c] d | a=3            | a c > b > d | a failed                      | - | 3 a
the last of a branch fails at the end          | [a / b+] c   | b=3            | a b > c   | b failed                        | - | 3 b
one branch stops, one fails at the end         | [a+ / b] c   | a=3 b=4        | a b       | a b failed, c not started       | - | 3 a
one of three branches takes too long           | [a / b / c] d | b=timeout     | a b c     | b failed, d not started         | - | timeout b
branches of unequal length                     | [a b c / d] e |               | a d > b > c > e |                           | - | 0
a branch is paused beside one that runs        | [a / b] c    | a=paused       | a b       | a failed, c not started         | - | step-not-run a
all branches are paused                        | [a / b] c    | a=paused b=paused | a b    | a b failed, c not started       | - | paused a

a group after a group                          | [a / b] [c / d] e |           | a b > c d > e |                             | - | 0
the second of two groups fails                 | [a / b] [c / d] e | c=3       | a b > c d | c failed, e not started         | - | 3 c
a group in a branch                            | [a [b / c] d / e] f |         | a e > b c > d > f |                         | - | 0
a group in a branch fails                      | [a [b / c] d / e g] f | b=3   | a e > b c g | b failed, d f not started     | - | 3 b
a group in a branch fails at the end           | [a [b+ / c] d / e] f | b=3    | a e > b c > d > f | b failed                | - | 3 b
a group in a group                             | [[a / b] c / d] e | a=3       | a b d     | a failed, c e not started       | - | 3 a

a last step follows success                    | a ; z        |                | a > z     |                                 |   | 0
a last step follows a failure                  | a b ; z      | a=3            | a > z     | a failed, b not started         | a | 3 a
a last step follows all branches               | [a b / c] d ; z | c=3         | a c > b > z | c failed, d not started       | c | 3 c
a last step is told of all failures            | a+ [b / c] ; z | a=3 c=4      | a > b c > z | a c failed                    | a c | 3 a
a last step is not told of ignored ones        | a~ b ; z     | a=3            | a > b > z | a failed                        |   | 0
a last step is told of a stopped one           | a ; z        | a=stopped-by-others | a > z | a stopped                      | a | stopped-by-others a
a last step fails                              | a ; z        | z=5            | a > z     | z failed                        |   | 5 z
a last step fails after a failure              | a ; z        | a=3 z=5        | a > z     | a z failed                      | a | 3 a
a last step fails after an ignored one         | a~ ; z       | a=3 z=5        | a > z     | a z failed                      |   | 5 z
each last step runs                            | a ; y z      | y=5            | a > y > z | y failed                        |   | 5 y
both last steps fail                           | a ; y z      | y=5 z=6        | a > y > z | y z failed                      |   | 5 y
a last step is paused                          | a ; z        | z=paused       | a > z     | z failed                        |   | step-not-run z
no last step where none has begun              | a b ; z      | a=paused       | a         | a failed, b z not started       | - | paused a
no last step where no branch has begun         | [a / b] ; y z | a=paused b=never-started | a b | a b failed, y z not started | - | paused a
a last step where one has begun                | a b ; z      | b=paused       | a > b > z | b failed                        | b | step-not-run b

the whole is stopped in a chain                | a b c        | stop=b         | a > b     | b stopped, c not started        | - | stopped
the whole is stopped beside branches           | [a / b] c ; z | stop=a        | a b       | a b stopped, c z not started    | - | stopped
the whole is stopped in a group in a branch    | [a [b / c] / d] e | stop=b    | a d > b c | b c stopped, e not started      | - | stopped
the whole is stopped after a failure           | a+ b c       | a=3 stop=b     | a > b     | a failed, b stopped, c not started | - | stopped
the whole is stopped beside an ignored one     | [a~ b / c d] ; z | a=3 stop=b | a c > b d | a failed, b d stopped, z not started | - | stopped
the whole is stopped in a last step            | a ; y z      | a=3 stop=y     | a > y     | a failed, y stopped, z not started | a | stopped
the whole is paused                            | a [b / c] ; z | whole=paused  |           | a b c z not started             | - | paused
the whole gives way to another run             | a b ; z      | whole=overlap  |           | a b z not started               | - | overlap

again: what has succeeded is passed over       | a b c        | a=passed-over  | b > c     | a passed over                   | - | 0
again: the rest fails                          | a b c        | a=passed-over b=3 | b      | a passed over, b failed, c not started | - | 3 b
again: the one that failed is paused           | a b          | a=passed-over b=paused | b | a passed over, b failed         | - | step-not-run b
again: one branch                              | [a b / c] d  | a=passed-over c=passed-over | b > d | a c passed over          | - | 0
again: only what always runs                   | [a / b] ; z  | a=passed-over b=passed-over | z | a b passed over              |   | 0
again: a later one is done, the first is paused | a b ; z     | a=paused b=passed-over | a > z | a failed, b passed over         | a | step-not-run a
"""  # noqa: E501 - a table


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
