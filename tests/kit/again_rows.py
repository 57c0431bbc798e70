"""What runs again of a workflow, and what a person decides before: the table, ``rows/again.txt``, of plan and machine.

A row's columns are what it shows; the shape, as in `tests.kit.workflow_rows`; the runs before, with ``>`` between them:
how the steps that began ended, ``b=3``, and in brackets those that were declared done, ``(a)``; ``-`` for a new run;
what is asked for, and steps that have succeeded by hand since; then the steps that run, or why none does.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from batchwright_runner.contract.workflows.again import AgainRequest, LineRun
from batchwright_runner.contract.workflows.names import again_id
from batchwright_runner.contract.workflows.rules import StepState
from batchwright_runner.contract.workflows.structure import Structure
from tests.kit.workflow_rows import ended, shape

TABLE = (Path(__file__).parent / "rows/again.txt").read_text(encoding="utf-8")


@dataclass(frozen=True)
class AgainRow:
    """A row, read.

    Attributes:
        title: What it shows.
        structure: The shape.
        asked: What is asked for, with the runs before.
        runs: The steps that run, in declared order.
        refused: Why none does; empty where some do.
    """

    title: str
    structure: Structure
    asked: AgainRequest
    runs: tuple[str, ...]
    refused: str

    def __str__(self) -> str:
        """The name of a test's case."""
        return self.title


def line_run(number: int, text: str) -> LineRun:
    """A run of the line as the table says it."""
    done = [f"step-{letter}" for letter in re.findall(r"\w", "".join(re.findall(r"\((.*?)\)", text)))]
    ends = dict(end.partition("=")[::2] for end in re.sub(r"\(.*?\)", "", text).split())
    return LineRun(
        again_id("night", number),
        dict.fromkeys(done, "done"),
        {f"step-{letter}": StepState.of(*ended(end or "0")) for letter, end in ends.items()},
    )


def _row(text: str) -> AgainRow:
    title, form, line, options, end = (column.strip() for column in text.split("|"))
    words = [part.partition("=")[::2] for part in options.split()]

    def named(option: str) -> list[str]:
        return [f"step-{letter}" for name, letter in words if name == option]

    refused = end.removeprefix("refused: ") if end.startswith("refused: ") else ""
    return AgainRow(
        title,
        shape(form),
        AgainRequest(
            by="jane@ops",
            begin=named("from"),
            done=named("done"),
            line=None if line == "-" else [line_run(number, part) for number, part in enumerate(line.split(">"))],
            mended=dict.fromkeys(named("by-hand"), "hand"),
        ),
        () if refused else tuple(f"step-{letter}" for letter in end.split()),
        refused,
    )


ROWS_AGAIN = [_row(line) for line in TABLE.splitlines() if line]
