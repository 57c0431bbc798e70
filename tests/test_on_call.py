"""docs/on-call.md has a section for the first words of everything that a person on call may be shown."""

import re
from pathlib import Path

import pytest

from batchwright_runner.cli import _VERBS
from batchwright_runner.contract.alerting.notes import LATE, RECOVERED, WITH_HOST
from batchwright_runner.contract.alerting.notes import MISSED as DID_NOT_RUN
from batchwright_runner.contract.verdicts import ROWS, Row

TEXT = Path(__file__).parents[1].joinpath("docs/on-call.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### (.+)\n((?:(?!^#).*\n)*)", TEXT, re.MULTILINE))
VERDICTS = {facts.word for row, facts in ROWS.items() if row is not Row.OWN}
TOLD = {LATE, DID_NOT_RUN, RECOVERED, WITH_HOST, "test of the alerts"}
MISSED = ("takes", "cannot be known", "late", "begun twice")
"""What ``runs --missed`` and ``runs`` say beside the words of verdicts and messages."""


def named(word: str) -> list[str]:
    return [word] if word in SECTIONS else [heading for heading in SECTIONS if heading.startswith(f"{word} ")]


@pytest.mark.parametrize("word", [ROWS[Row.OWN].word, *sorted(VERDICTS), *sorted(TOLD), *MISSED])
def test_each_first_word_has_a_section_that_says_what_to_type(word: str) -> None:
    (heading,) = named(word)

    assert len(SECTIONS[heading].split()) > 8


@pytest.mark.parametrize("row", ROWS)
def test_what_the_last_line_says_is_found_where_its_word_is(row: Row) -> None:
    (heading,) = named(ROWS[row].word)

    assert ROWS[row].phrase in SECTIONS[heading], f"{heading} does not have what the last line says"


def test_a_command_that_a_section_names_exists() -> None:
    verbs = {verb for body in SECTIONS.values() for verb in re.findall(r"`batchwright ([a-z]+)", body)}
    assert verbs
    assert verbs <= _VERBS.keys()
