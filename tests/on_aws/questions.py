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
from batchwright.automation.workflow import workflow_machine
from batchwright.iam.policies import several
from batchwright.testing import Template
from tests.kit.scripted_ecs import End
from tests.kit.state_machine import evaluate
from tests.kit.workflow_rows import ROWS
from tests.library.alerts.test_resources import alerts_stack
from tests.library.automation import workflows
from tests.library.automation.support import facts
from tests.library.automation.test_asl import DECLARED, MANIFESTS
from tests.library.automation.test_reference_engine import play
from tests.library.automation.test_resources import kept, text
from tests.library.automation.test_verdicts import TABLE
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
        templates = {one.stack_name: one.template for one in app.synth().stacks_recursively}
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
        f"{name}: {one['Properties']['StateMachineName']}": json.loads(text(one["Properties"]["DefinitionString"]))
        for name, template in templates.items()
        for one in of_type(template, "AWS::StepFunctions::StateMachine")
    }


def corners() -> dict[str, Any]:
    """What a batch or a workflow may say that its machine says otherwise."""
    declared = {f"declared {number}": kept(**one)[0] for number, one in enumerate(DECLARED)}
    found = synthesized(declared)
    for number, one in enumerate(MANIFESTS):
        for command in (False, True):
            found[f"manifest {number}, command {command}"] = machine(facts(one, command=command, alerts=command))
    for number, row in enumerate({repr(row.structure): row for row in ROWS}.values()):
        overlap = ("forbid", "wait")[number % 2]
        found[f"workflow: {row.title}, {overlap}"] = workflow_machine(workflows.facts(row.structure, overlap=overlap))
    return found


def expressions() -> list[Expression]:
    """Every expression of the machines, as executions of all kinds evaluate it.

    ``$states``, which nobody can set, is the variable ``seen_states`` here.
    """
    found: dict[str, dict[str, Expression]] = {}

    def heard(text: str, variables: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        value = evaluate(text, variables)
        known, kind = found.setdefault(text, {}), json.dumps(value)
        if kind not in known and len(known) < EACH and len(given := json.dumps(variables)) < LARGEST:
            renamed = {name.replace("states", "seen_states"): one for name, one in json.loads(given).items()}
            known[kind] = Expression(text.replace("$states", "$seen_states"), renamed, value)
        return value

    play(heard)
    return [one for values in found.values() for one in values.values()]


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
    requests = (Request(*one) for one in read["requests"])
    return (
        [*_once(filter(can_be_asked, requests), lambda one: (one.statements, one.action, one.context, one.allowed))],
        [*_once((Delivery(*one) for one in read["deliveries"]), lambda one: one)],
    )


def can_be_asked(request: Request) -> bool:
    """Whether IAM's simulation takes a request: about an identity's policy, and about ARNs of AWS's main partition."""
    written = json.dumps(request.statements)
    strange = any(part in written for part in ('"Principal"', '"Ref"', '"Fn::'))
    arns = [request.resource, *(arn for one in request.statements for arn in several(one.get("Resource", [])))]
    return (
        not strange
        and len(written) < LARGEST
        and all(arn == "*" or re.fullmatch(r"arn:aws:[a-z0-9-]+:[^:]*:[^:]*:.+", arn) for arn in arns)
    )


def _once(found: Iterable[Any], kind: Callable[[Any], object]) -> Iterator[Any]:
    known = set()
    for one in found:
        if (key := repr(kind(one))) not in known:
            known.add(key)
            yield one
