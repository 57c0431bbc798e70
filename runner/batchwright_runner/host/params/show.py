"""Prints declared values against those that are there."""

from collections.abc import Sequence
from dataclasses import asdict

from batchwright_runner.contract.command_lines import value_line
from batchwright_runner.contract.moments import cell, head, iso
from batchwright_runner.host.params.between import ComparedPair, Standing
from batchwright_runner.host.params.compare import UNSEEN, ComparedValue, State
from batchwright_runner.host.terminal.console import STDOUT, Console, line_width
from batchwright_runner.host.terminal.table import table
from batchwright_runner.host.terminal.text import shorten

WIDEST = 32
"""Characters of a value that a table shows; JSON has it whole."""


def print_rows(rows: Sequence[ComparedValue], console: Console, *, as_json: bool) -> None:
    """Prints a table, or JSON; for nothing at all says so on stderr."""
    if as_json:
        entries = [{**asdict(row), "changed": iso(row.changed) if row.changed else None} for row in rows]
        console.print_json(entries)
    elif rows:
        changed = head("CHANGED", (row.changed for row in rows if row.changed))
        columns = ("PATH", "KIND", "STATE", "VERSION", changed, "TAKEN BY")
        console.print(table(columns, [_cells(row) for row in rows], line_width(STDOUT)))
    else:
        console.note("no parameters or secrets are declared, and none are stored")


def summary(rows: Sequence[ComparedValue], bad: Sequence[ComparedValue]) -> str:
    """What ``params check`` says of all rows."""
    unseen = [row for row in rows if row.state in UNSEEN]
    tail = f"; not checked: {_named(unseen)}" if unseen else ""
    if not bad:
        return f"{'the other' if unseen else 'all'} {len(rows) - len(unseen)} values are stored{tail}"
    plain = ", ".join(_unset(row) for row in bad if row.state is State.NOT_ENCRYPTED)
    first = f". What is not encrypted has to be deleted first: {plain}" if plain else ""
    return (
        f"{len(bad)} of {len(rows)} values are not as declared: {_named(bad)}. "
        f"Set them with batchwright params set{first}{tail}"
    )


def _named(rows: Sequence[ComparedValue]) -> str:
    return ", ".join(f"{row.path} ({row.state})" for row in rows)


def _unset(row: ComparedValue) -> str:
    """The command that deletes a value of a batch or of the stage; the path of one that something else keeps."""
    project, stage = [*row.path.split("/"), "", ""][1:3]
    return value_line("unset", row.path, project, stage, row.users) or row.path


def print_pairs(pairs: Sequence[ComparedPair], stages: tuple[str, str], console: Console, *, as_json: bool) -> None:
    """Prints the values of two stages side by side. The text of a secret is never among them."""
    if as_json:
        entries = [{**asdict(pair), "values": dict(zip(stages, pair.values, strict=True))} for pair in pairs]
        console.print_json(entries)
    elif pairs:
        head = ("NAME", "KIND", "STATE", *(stage.upper() for stage in stages), "TAKEN BY")
        console.print(table(head, [_pair_cells(pair) for pair in pairs], line_width(STDOUT)))


def pairs_summary(pairs: Sequence[ComparedPair], stages: tuple[str, str]) -> str:
    """What ``params diff`` says of all values."""
    nowhere = sum(pair.state == Standing.NOWHERE for pair in pairs)
    different = sum(pair.differs for pair in pairs) - nowhere
    unseen = [pair.name for pair in pairs if pair.state == Standing.NOT_VISIBLE]
    tail = f"; not compared, as this caller may not read them: {', '.join(unseen)}" if unseen else ""
    both = f", and {nowhere} {'is' if nowhere == 1 else 'are'} {Standing.NOWHERE}" if nowhere else ""
    if not different:
        return f"{len(pairs)} values of {' and '.join(stages)}: no difference{both}{tail}"
    return f"{different} of {len(pairs)} values differ between {' and '.join(stages)}{both}{tail}"


def _pair_cells(pair: ComparedPair) -> tuple[str, ...]:
    shown = ["-" if text is None else shorten(text, WIDEST) for text in pair.values]
    return pair.name, pair.kind, pair.state, *shown, ", ".join(pair.users)


def _cells(row: ComparedValue) -> tuple[str, ...]:
    version = "-" if row.version is None else str(row.version)
    changed = cell(row.changed) if row.changed else "-"
    return row.path, row.kind, row.state, version, changed, ", ".join(row.users) or "-"
