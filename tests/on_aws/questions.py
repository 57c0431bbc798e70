"""What AWS is asked before anything is deployed: what the tests here answer themselves, with their answers."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from batchwright.automation.machine import machine
from batchwright.iam.policies import several
from batchwright.testing import Template
from batchwright.workflows.workflow_machine import workflow_machine
from batchwright_runner.contract.options import RunOption
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.scripted_ecs import End, iso
from tests.kit.state_machine import Clock, Execution, evaluate
from tests.kit.workflow_rows import ROWS, shape
from tests.library.alerts.stack import alerts_stack
from tests.library.automation import workflows
from tests.library.automation.support import deployed, ecs, facts, kept, text
from tests.library.automation.test_asl import DECLARED, MANIFESTS
from tests.library.automation.test_due import DUE
from tests.library.automation.test_lost import LOST
from tests.library.automation.test_verdicts import TABLE
from tests.library.automation.workflows import PARENT, ScriptedSteps, execute
from tests.library.samples import sample_app
from tests.library.support import of_type
from tests.on_aws.recorder import ASKED

ROOT = Path(__file__).parents[2]
EACH = 2
"""Values of one expression that are asked, at most."""
LARGEST = 60_000
"""Characters of variables, or of a policy, that are sent at most."""


class Request(NamedTuple):
    """A request that an identity's policy allows or not, as the tests have it."""

    statements: Sequence[Mapping[str, Any]]
    action: str
    resource: str
    context: Mapping[str, Any]
    allowed: bool


class Expression(NamedTuple):
    """An expression of a machine, with variables for all that it reads, and its value; none where it gives nothing."""

    text: str
    variables: Mapping[str, Any]
    value: Any


class Delivery(NamedTuple):
    """A pattern of a rule, an event, and whether the one fits the other."""

    pattern: Mapping[str, Any]
    event: Mapping[str, Any]
    fits: bool


class Questions(NamedTuple):
    """All that is asked: machines and templates by name, ends of a task with the names of their verdicts."""

    machines: Mapping[str, Mapping[str, Any]]
    templates: Mapping[str, Template]
    ends: Sequence[tuple[str, End]]
    expressions: Sequence[Expression]
    requests: Sequence[Request]
    deliveries: Sequence[Delivery]


def questions() -> Questions:
    """All of them; it takes a minute, in which the tests of policies and of rules run."""
    with tempfile.TemporaryDirectory() as folder:
        app = sample_app(Path(folder))
        templates = {stack.stack_name: stack.template for stack in app.synth().stacks_recursively}
    templates["alerts"] = alerts_stack()
    requests, deliveries = asked_by(asking_tests())
    return Questions(
        machines={**synthesized(templates), **corners()},
        templates=templates,
        ends=TABLE,
        expressions=expressions(),
        requests=requests,
        deliveries=deliveries,
    )


def synthesized(templates: Mapping[str, Template]) -> dict[str, Any]:
    """The machines of templates."""
    return {
        f"{name}: {resource['Properties']['StateMachineName']}": json.loads(
            text(resource["Properties"]["DefinitionString"])
        )
        for name, template in templates.items()
        for resource in of_type(template, "AWS::StepFunctions::StateMachine")
    }


def corners() -> dict[str, Any]:
    """What a batch or a workflow may say that its machine says otherwise."""
    declared = {f"declared {number}": kept(**arguments)[0] for number, arguments in enumerate(DECLARED)}
    machines = synthesized(declared)
    for number, manifest in enumerate(MANIFESTS):
        for command in (False, True):
            machines[f"manifest {number}, command {command}"] = machine(
                facts(manifest, command=command, alerts=command)
            )
    for number, row in enumerate({repr(row.structure): row for row in ROWS}.values()):
        overlap = ("forbid", "wait")[number % 2]
        machines[f"workflow: {row.title}, {overlap}"] = workflow_machine(
            workflows.facts(row.structure, overlap=overlap)
        )
    return machines


def expressions() -> list[Expression]:
    """Every expression of the machines, as executions of all kinds evaluate it.

    ``$states``, which no caller can set, is the variable ``seen_states`` here.
    """
    heard: dict[str, dict[str, Expression]] = {}

    def hear(text: str, variables: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        value = evaluate(text, variables)
        by_value, kind = heard.setdefault(text, {}), json.dumps(value)
        if kind not in by_value and len(by_value) < EACH and len(written := json.dumps(variables)) < LARGEST:
            given = json.loads(written).items()
            renamed = {name.replace("states", "seen_states"): variable for name, variable in given}
            by_value[kind] = Expression(text.replace("$states", "$seen_states"), renamed, value)
        return value

    play(hear)
    return [expression for by_value in heard.values() for expression in by_value.values()]


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


def asking_tests() -> list[Path]:
    """The tests whose tables are answered by the kit's IAM, and by moto's EventBridge."""
    asking = re.compile("^from tests.kit.iam import|EventPattern.load", re.MULTILINE)
    return [path for path in sorted((ROOT / "tests/library").rglob("test_*.py")) if asking.search(path.read_text())]


def asked_by(tests: Iterable[Path]) -> tuple[list[Request], list[Delivery]]:
    """Runs tests, and gives what they have asked: each kind of request and of delivery once.

    Raises:
        RuntimeError: They do not pass.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "asked.json"
        words = ["-p", "tests.on_aws.recorder", "-p", "no:cacheprovider", "--numprocesses=0", "--quiet"]
        environment = {**os.environ, ASKED: str(file)}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *words, *tests], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"the tests that say what is expected do not pass:\n{done.stdout[-2000:]}{done.stderr}")
        read = json.loads(file.read_text(encoding="utf-8"))
    requests = (Request(*values) for values in read["requests"])
    deliveries = (Delivery(*values) for values in read["deliveries"])
    return (
        [*_once(filter(can_be_asked, requests), lambda request: (*request[:2], request.context, request.allowed))],
        [*_once(deliveries, lambda delivery: delivery)],
    )


def can_be_asked(request: Request) -> bool:
    """Whether IAM's simulation takes a request: about an identity's policy, and about ARNs of AWS's main partition."""
    written = json.dumps(request.statements)
    strange = any(part in written for part in ('"Principal"', '"Ref"', '"Fn::'))
    named = (arn for statement in request.statements for arn in several(statement.get("Resource", [])))
    arns = [request.resource, *named]
    return (
        not strange
        and len(written) < LARGEST
        and all(arn == "*" or re.fullmatch(r"arn:aws:[a-z0-9-]+:[^:]*:[^:]*:.+", arn) for arn in arns)
    )


def _once(cases: Iterable[Any], kind: Callable[[Any], object]) -> Iterator[Any]:
    kinds = set()
    for case in cases:
        if (key := repr(kind(case))) not in kinds:
            kinds.add(key)
            yield case
