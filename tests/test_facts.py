"""``make facts`` finds what was looked up long ago, in the forms that the sources use."""

import subprocess
import sys
from pathlib import Path

import pytest

from docs.facts import old_facts

ROOT = Path(__file__).parents[1]
LONG_AFTER = "2099-01"


@pytest.mark.parametrize(
    ("line", "today", "old"),
    [
        ("(ECS API reference, Task.stopCode, 2026-11)", "2027-11", False),
        ("(ECS API reference, Task.stopCode, 2026-11)", "2027-12", True),
        ("read 2026-11.", "2028-01", True),
        ("AWS Containers blog, 2022-10, read 2026-11", "2027-01", False),
        ("data/bad-sales.csv: '2026-13-05' is no date like 2026-10-05", LONG_AFTER, False),
        ("order 12026-11", LONG_AFTER, False),
    ],
)
def test_a_fact_is_old_after_a_year(line: str, today: str, old: bool) -> None:
    assert list(old_facts(f"first\n    {line}\n", today)) == ([(2, line)] if old else [])


def test_the_facts_of_both_halves_and_of_the_documents_are_found() -> None:
    command = [sys.executable, "docs/facts.py", LONG_AFTER]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()

    assert [line for line in found if line.startswith("runner/batchwright_runner/contract/sizes.py:")]
    assert [line for line in found if line.startswith("constructs/batchwright/")]
    assert [line for line in found if line.startswith("docs/images.md:")]
