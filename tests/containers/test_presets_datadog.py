"""Datadog's Agent beside a batch, with a stand-in that counts: nothing is lost, and nothing sleeps for that."""

import json
import re
import signal
from pathlib import Path

import pytest

from tests.containers.backends import not_as_process
from tests.containers.cases import Cases, read_line, stop_with
from tests.containers.presets import named
from tests.kit.command import Done

pytestmark = pytest.mark.usefixtures("secrets", "python_images")
COUNT = 100
FLUSH = 1.0


def said(done: Done, line: str) -> re.Match[str]:
    found = re.search(rf"^{line}$", done.out.decode(), re.MULTILINE)
    assert found, f"{done.out.decode()}\n{done.err}"
    return found


def ends_in_order(done: Done, sent: int) -> None:
    """The batch ended, then the agent was told to stop, had its time, and had received all."""
    ended = float(said(done, r"(?:main \| )?ended ([\d.]+)")[1])
    told = float(said(done, r"datadog-agent \| told ([\d.]+) key=key")[1])
    flushed, received = said(done, r"datadog-agent \| sent ([\d.]+) (\d+)").groups()

    assert ended <= told
    assert float(flushed) - told >= FLUSH
    assert int(received) == sent


@not_as_process("sidecars")
def test_when_the_batch_ends_the_agent_is_stopped_after_it_and_has_every_metric(cases: Cases, tmp_path: Path) -> None:
    result = tmp_path / "result.json"

    done = cases.run(
        "counted", *named(cases, "-python", datadog_agent="-python"), "--all-containers", "--result", str(result)
    )

    assert done.code == 0, done.err
    ends_in_order(done, COUNT)
    # It was not killed: it ended by itself when it had sent all.
    assert json.loads(result.read_text())["containers"] == {"main": 0, "datadog-agent": 0}


@not_as_process("sidecars")
def test_when_the_run_is_stopped_the_last_words_of_the_batch_are_counted_too(cases: Cases) -> None:
    process = cases.start(
        "counted", *named(cases, "-python", datadog_agent="-python"), "--all-containers", "-e", "STAY=1"
    )
    first = read_line(process)
    assert first.endswith("ready"), first

    done = stop_with(process, signal.SIGTERM)

    assert done.code == 143, done.err
    ends_in_order(done, 2 * COUNT)
