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


SLOW = r"(a+)+b (a*)*b (?:a+)+b (?P<x>a?){2,}b ([a-z]+,?)*b ((a+))+b (a{1,9})+b (a{,9}){20}b (a+|b)*?c (a+?)*c"


@pytest.mark.parametrize("pattern", [*SLOW.split(), "(x(a*y))+", r"([)]\)+)*", "(a+)++b"])
def test_a_pattern_that_could_try_for_hours_is_not_tried(pattern: str) -> None:
    option = {"name": "A", "pattern": pattern}
    with pytest.raises(UsageError, match=f"its pattern {re.escape(repr(pattern))} repeats a group that has"):
        option_variables(manifest("report", options=[option]), {"A": "a" * 40}, {})


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (r"\d{4}(-\d{2})?", "2026-11"),
        (r"(\d{2}){2}", "2026"),
        ("(a+)?b+", "aab"),
        ("(a|b)+", "abba"),
        ("(?:ab)+c*?", "ababc"),
        (r"\(a+\)+", "(a)"),
        (r"[(a+)]+", "a+"),
        ("(a+)b+", "aab"),
        ("(ab){}", "ab{}"),
        ("(?=a+)a+", "aa"),
    ],
)
def test_a_pattern_without_a_repetition_in_a_repeated_group_is_tried(pattern: str, value: str) -> None:
    option = {"name": "A", "pattern": pattern}
    assert option_variables(manifest("report", options=[option]), {"A": value}, {}) == {"A": value}


@pytest.mark.parametrize("more", [{}, {"pattern": "a*"}])
def test_a_value_of_over_256_characters_is_refused(more: dict[str, str]) -> None:
    report = manifest("report", options=[{"name": "A", **more}])

    assert option_variables(report, {"A": "a" * 256}, {})
    with pytest.raises(UsageError, match="allowed: at most 256 characters"):
        option_variables(report, {"A": "a" * 257}, {})
