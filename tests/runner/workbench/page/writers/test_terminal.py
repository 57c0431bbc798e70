"""A document on a terminal: no line runs over its end, and nothing is lost."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.host.terminal.fill import NARROWEST, pieces, words
from batchwright_runner.host.terminal.text import BIDI, columns
from batchwright_runner.workbench.page import document as model
from batchwright_runner.workbench.page.document import clean, web_url
from batchwright_runner.workbench.page.writers.terminal import fit, grid, write
from tests.runner.workbench.page.writers.support import documents, texts

DOCUMENT = model.Document(
    "日次レポート in production",
    (
        model.Fact("Owner", "finance-systems"),
        model.Fact("Runbook", model.Link("wiki", "https://wiki.example/batches/daily-report/when-it-fails-at-night")),
    ),
    (
        model.Section(
            "When it runs",
            (
                model.Text(
                    "Every day at 02:30 Asia/Tokyo. 毎日二時半に起動し、前日の売上をまとめます。\n\nNot on holidays."
                ),
                model.Table(
                    ("RUN", "説明", "RESULT"),
                    (("a1b2c3", "前日の売上", "ok"), ("d4e5f6", "再実行", "exit 3: the file of yesterday is missing")),
                ),
            ),
        ),
        model.Section(
            "How to run it",
            (
                model.Commands(("batchwright run daily-report --stage production --option DATE=2026-11-24",)),
                model.Bullets(("It may be run twice: what it has written is written again.",)),
            ),
        ),
    ),
)


@pytest.mark.parametrize("width", [80, 40])
def test_a_document(width: int) -> None:
    shown = Path(__file__).with_name(f"document-{width}.txt").read_text(encoding="utf-8")

    assert f"{write(DOCUMENT, width)}\n" == shown


def test_where_no_cell_has_room_each_row_stands_below_the_other() -> None:
    lines = [*grid(("RUN", "DURATION"), [("a1b2c3d4e5", "a long text here"), ("x", "y")], 20)]

    assert lines == ["RUN: a1b2c3d4e5", "DURATION: a long", "text here", "", "RUN: x", "DURATION: y"]


def test_names_that_are_too_wide_stand_above_their_values() -> None:
    document = model.Document("t", (model.Fact("a name that takes the line", "value"),))

    assert write(document, 30) == "t\n\n  a name that takes the line\n    value"


def test_a_row_must_have_the_cells_of_its_header() -> None:
    with pytest.raises(ValueError, match="a row has 1 cells and the header 2"):
        model.Table(("a", "b"), (("x",),))


@given(documents, st.integers(1, 100))
def test_nothing_does_anything_to_the_terminal(document: model.Document, width: int) -> None:
    written = write(document, width)

    assert not re.search(f"[\x00-\x09\x0b-\x1f\x7f-\x9f{BIDI}\ud800-\udfff]", written)


@given(documents, st.integers(NARROWEST, 100))
def test_only_what_is_to_be_copied_is_wider_than_the_terminal(document: model.Document, width: int) -> None:
    commands = [
        line
        for section in document.sections
        for block in section.blocks
        if isinstance(block, model.Commands)
        for command in block.commands
        for line in model.lines(command)
    ]
    wider = [line for line in write(document, width).split("\n") if columns(line) > width]

    commands = [command.rstrip() for command in commands]
    assert not [line for line in wider if not re.search(r"\S[/:]|[/:]\S", line) and line[2:] not in commands]


@given(texts, st.integers(2, 30))
def test_wrapped_text_fits_and_keeps_every_character(text: str, width: int) -> None:
    plain = clean(text)

    lines = [*words(plain, width, whole=False)]

    assert "".join(lines).replace(" ", "") == plain.replace(" ", "")
    assert all(columns(line) <= width for line in lines)
    assert "".join(pieces(plain, width)) == plain


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8), st.integers(1, 120))
def test_columns_that_fit_keep_what_they_need(natural: list[int], width: int) -> None:
    widths = fit(natural, width)

    if widths is None:
        assert sum(min(column, 10) for column in natural) > width
    else:
        assert sum(widths) <= width
        assert all(min(column, 10) <= given_ <= column for column, given_ in zip(natural, widths, strict=True))
        if sum(natural) <= width:
            assert widths == natural


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.com/a b", "https://example.com/ab"),
        ("HTTPS://example.com", "HTTPS://example.com"),
        ("../batches/report.html#runs", "../batches/report.html#runs"),
        ("javascript:alert(1)", ""),
        (" JAVA\tSCRIPT:alert(1)", ""),
        ("\u200bjavascript:alert(1)", ""),
        ("vbscript:x", ""),
        ("data:text/html;base64,x", ""),
        ("//evil.example/x", ""),
        ("/\\evil.example/x", ""),
        ("https:evil.example", ""),
        ("https:///evil.example", ""),
        ("", ""),
    ],
)
def test_what_may_be_followed(url: str, target: str) -> None:
    assert web_url(url) == target
