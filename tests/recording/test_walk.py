"""docs/permissions.md, walked: its blocks are what the commands print."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.pages import fences
from tests.recording.emulator import Emulator
from tests.recording.walk import EXACT, GRANTS, IMPORTS, ROOT, declare, project, record, show

PAGE = (ROOT / "docs/permissions.md").read_text(encoding="utf-8")
BLOCKS = [fence.text for fence in fences(PAGE) if fence.kind in ("console", "python")]


def parts(block: str) -> Iterator[str]:
    """What a block shows of an output: without the command, and cut where the page leaves something out."""
    _, _, shown = block.partition("\n")
    return (part.strip("\n") for part in re.split(r"^…$", shown, flags=re.MULTILINE) if part.strip())


def plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, aws: Emulator) -> list[tuple[int, str]]:
    """Exit code and output of the page's three steps."""
    root = project(tmp_path_factory.mktemp("walk"))
    recorded = record(root, aws)
    codes = [show(root).code]
    declare(root, GRANTS, IMPORTS)
    granted = show(root)
    declare(root, EXACT)
    exact = show(root)
    return [(codes[0], recorded.err), (granted.code, granted.text), (exact.code, exact.text)]


@pytest.mark.parametrize(("step", "block"), [(0, 0), (1, 2)])
def test_a_block_of_the_page_is_what_the_command_prints(walked: list[tuple[int, str]], step: int, block: int) -> None:
    shown = list(parts(BLOCKS[block]))

    assert shown
    for part in shown:
        assert part in plain(walked[step][1])


def test_the_empty_role_fails_and_the_others_do_not(walked: list[tuple[int, str]]) -> None:
    assert [code for code, _ in walked] == [1, 0, 0]


def test_the_lines_of_the_page_are_those_that_are_declared() -> None:
    for block, lines in ((1, GRANTS), (3, EXACT)):
        assert BLOCKS[block] == re.sub(r"^        ", "", lines, flags=re.MULTILINE)


def test_at_the_end_nothing_is_missing_and_nothing_is_left_over(walked: list[tuple[int, str]]) -> None:
    end = walked[2][1]

    assert "Used and NOT allowed\n  nothing" in end
    assert "Allowed and never used" not in end
    assert set(re.findall(r"[a-z0-9]+:[A-Z]\w+", end.partition("Execution role")[0])) == {
        *("s3:ListBucket", "s3:GetObject", "s3:PutObject", "sqs:GetQueueUrl", "sqs:SendMessage", "ses:SendEmail")
    }


def test_the_sample_is_where_the_page_says() -> None:
    assert Path(ROOT, "tests/recording/app/order_mail.py").is_file()
