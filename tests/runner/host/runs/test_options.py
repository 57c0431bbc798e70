import re

import pytest

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.options import option_variables, parse_options
from tests.kit.manifests import manifest

DATE = {"name": "DATE", "pattern": r"\d{4}-\d\d-\d\d", "description": "The day to report"}
SHOP = {"name": "SHOP", "values": ["tokyo", "osaka"]}


def report() -> BatchManifest:
    return manifest("report", options=[DATE, SHOP, "NOTE"])


def test_options_become_variables() -> None:
    options = parse_options(["DATE=2026-11-24", "SHOP=osaka", "NOTE=a=b c"])

    assert option_variables(report(), options, {}) == {"DATE": "2026-11-24", "SHOP": "osaka", "NOTE": "a=b c"}


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_option_is_as_none(blank: str) -> None:
    assert option_variables(report(), parse_options([f"DATE={blank}", f"SHOP={blank}"]), {}) == {}


def test_the_last_of_one_name_counts() -> None:
    assert parse_options(["DATE=1", "DATE=2"]) == {"DATE": "2"}


@pytest.mark.parametrize("entry", ["DATE", "=2026", ""])
def test_what_is_no_pair_is_refused(entry: str) -> None:
    with pytest.raises(UsageError, match=f"-o {entry} cannot be read: it is not NAME=VALUE"):
        parse_options([entry])


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("DATE=24.11.2026", r"-o DATE=24.11.2026 is refused: allowed: what matches .*\. DATE: The day to report"),
        ("DATE=\uff12\uff10\uff12\uff16-11-24", "is refused: allowed: what matches"),
        ("DATE=2026-11-24\n", "-o DATE=2026-11-24\n is refused"),
        ("SHOP=kyoto", "-o SHOP=kyoto is refused: allowed: tokyo, osaka"),
        ("NOTE=a\nb", "is refused: allowed: one line"),
        ("NOTE=a\n", "is refused: allowed: one line"),
        ("DAT=2026-11-24", "-o DAT is refused: there is no such option. There are: DATE, SHOP, NOTE"),
    ],
)
def test_what_the_batch_does_not_take_is_refused(entry: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        option_variables(report(), parse_options([entry]), {})


def test_a_batch_without_options_says_so() -> None:
    with pytest.raises(UsageError, match=r"there is no such option\. None is declared"):
        option_variables(manifest("plain"), {"DATE": "x"}, {})


def test_e_does_not_go_around_the_check() -> None:
    with pytest.raises(UsageError, match=r"-e DATE is refused: DATE is a declared option\. Write -o DATE="):
        option_variables(report(), {}, {"DATE": "x"})


@pytest.mark.parametrize("pattern", ["(", "(?u)x"])
def test_a_pattern_that_cannot_be_read_here_is_said(pattern: str) -> None:
    with pytest.raises(UsageError, match=f"its pattern {re.escape(repr(pattern))} cannot be read"):
        option_variables(manifest("report", options=[{"name": "A", "pattern": pattern}]), {"A": "x"}, {})
