"""What takes more than two seconds says what it waits for."""

import time
from contextlib import suppress
from pathlib import Path

import pytest

from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.doing import SAID_AFTER, doing
from tests.fake_aws import AwsServer, Script, faults, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.kit.descriptors import pipe, terminal
from tests.stories.story import start_task

XTERM = {"TERM": "xterm", "NO_COLOR": "1"}
HIDDEN = "\r\x1b[J"
SLOW = ("GetParametersByPath", "GetParameter")
"""Calls with which these verbs begin."""
WORDS = {
    ("runs",): "reading the runs of stage staging",
    ("runs", "--missed"): "reading the runs of stage staging",
    ("list",): "reading the batches of stage staging",
    ("describe", "daily-report"): "reading what is known of daily-report",
    ("verify",): "checking the batches of stage staging",
    ("params", "list"): "reading what the batches of stage staging declare",
    ("logs", "daily-report@night"): "looking for daily-report@night",
    ("stop", "daily-report@night"): "looking for daily-report@night",
    ("release", "reports", "--tag", "sha-1"): "looking for the batches that run reports",
    ("rollback", "reports"): "looking for the batches that run reports",
}


def test_two_seconds_are_the_limit() -> None:
    assert SAID_AFTER == 2.0


def test_what_is_fast_says_nothing() -> None:
    with pipe() as err:
        with doing(Console(err=err.writer), "reading the runs"):
            pass
        assert err.taken() == ""


def test_what_is_slow_says_so_once_where_there_is_no_terminal() -> None:
    with pipe() as err:
        with doing(Console(err=err.writer), "reading the runs", after=0.01):
            time.sleep(0.1)
        assert err.taken() == "batchwright: reading the runs\n"


def test_on_a_terminal_it_is_a_line_that_goes_away() -> None:
    with terminal() as err:
        with doing(Console(err=err.writer, environment=XTERM), "reading the runs", after=0.01):
            time.sleep(0.1)
        text = err.taken()

    assert text.startswith("\rreading the runs · 0.")
    assert text.endswith(HIDDEN)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_takes_it_away(error: type[BaseException]) -> None:
    with terminal() as err:
        console = Console(err=err.writer, environment=XTERM)
        with suppress(error), doing(console, "reading the runs", after=0.01):
            time.sleep(0.1)
            raise error
        console.note("what it was")

        assert err.taken().endswith(f"{HIDDEN}batchwright: what it was\n")


@pytest.mark.parametrize(("words", "said"), WORDS.items(), ids=map(" ".join, WORDS))
def test_a_verb_that_makes_many_calls_says_what_it_does(
    aws: AwsServer, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    aws.deploy(sample_manifest(), Script(lines=lines("ready"), runs=60))
    start_task(aws, startedBy="night")
    for operation in SLOW:
        aws.faults(operation, faults.slow(2.6, times=1))

    done = batchwright(aws, tmp_path, *words, "-s", "staging")

    assert f"batchwright: {said}\n" in done.err
