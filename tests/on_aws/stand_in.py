"""What AWS should answer to the checks, by means of this house: the kit's interpreter and IAM, moto's EventBridge."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import botocore.session
from botocore.validate import validate_parameters
from moto.events.models import EventPattern

from tests.kit.iam import allowed
from tests.kit.state_machine import Clock, Execution, TaskError
from tests.on_aws.scripted import refusal

Request = Mapping[str, Any]

AFTER = "After"
"""The state that every other state goes to where it would go on."""


@cache
def _shape(service: str, operation: str) -> Any:  # noqa: ANN401 - botocore's
    return botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape


def _validate(request: Request) -> Mapping[str, Any]:
    """That each state that another one names is there, and that each argument of RunTask is one."""
    faults: list[str] = []
    known = {name[0].upper() + name[1:] for name in _shape("ecs", "RunTask").members}

    def walk(states: Mapping[str, Any]) -> None:
        for name, state in states.items():
            ways = (state, *state.get("Catch", ()), *state.get("Choices", ()))
            named = {way["Next"] for way in ways if "Next" in way}
            faults.extend(f"{name}: {target} is missing" for target in named - states.keys())
            if state.get("Resource", "").endswith("ecs:runTask.sync"):
                faults.extend(f"{name}: {argument} is no argument" for argument in state["Arguments"].keys() - known)
            for branch in state.get("Branches", ()):
                walk(branch["States"])

    walk(json.loads(request["definition"])["States"])
    return {"result": "FAIL" if faults else "OK", "diagnostics": [{"message": fault} for fault in faults]}


@dataclass
class _Mocked:
    """The service of a state, whose answer is given."""

    mock: Mapping[str, Any]

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        del resource, arguments, timeout
        if "errorOutput" in self.mock:
            raise TaskError(self.mock["errorOutput"]["error"], self.mock["errorOutput"]["cause"])
        return json.loads(self.mock["result"])


def _test(request: Request) -> Mapping[str, Any]:
    definition, mock = json.loads(request["definition"]), request.get("mock", {})
    state = dict(definition["States"][request["stateName"]] if "stateName" in request else definition)
    state.pop("QueryLanguage", None)
    if state.pop("End", False):
        state["Next"] = AFTER
    after = {"Type": "Succeed", "Output": "{% $states.input %}"}
    others = {way["Next"]: after for way in (state, *state.get("Catch", ()))}
    machine = {"QueryLanguage": "JSONata", "TimeoutSeconds": 1e9, "StartAt": "It", "States": {**others, "It": state}}
    execution = Execution(machine, _Mocked(mock), Clock(), variables=json.loads(request.get("variables", "{}")))
    ended = execution.run()
    shown = {"inspectionData": {"variables": json.dumps(execution.variables)}}
    if ended.status != "SUCCEEDED":
        return {**shown, "status": "FAILED", "error": ended.error, "cause": ended.cause}
    caught = "errorOutput" in mock
    return {**shown, "status": "CAUGHT_ERROR" if caught else "SUCCEEDED", "output": json.dumps(ended.output)}


def _template(request: Request) -> Mapping[str, Any]:
    template = json.loads(request["TemplateBody"])
    known = {*template["Resources"], *template.get("Parameters", {})}

    def referred(value: Any) -> set[str]:  # noqa: ANN401 - JSON
        if isinstance(value, list):
            return set().union(*map(referred, value))
        if not isinstance(value, dict):
            return set()
        return {value["Ref"]} if value.keys() == {"Ref"} else set().union(*map(referred, value.values()))

    missing = {name for name in referred(template["Resources"]) - known if not name.startswith("AWS::")}
    if missing:
        raise refusal("ValidateTemplate", "ValidationError", f"Unresolved resource dependencies [{missing}]")
    return {"Parameters": []}


def _simulate(request: Request) -> Mapping[str, Any]:
    (document,), (action,), (resource,) = (request[key] for key in ("PolicyInputList", "ActionNames", "ResourceArns"))
    context = {
        entry["ContextKeyName"]: entry["ContextKeyValues"]
        if entry["ContextKeyType"].endswith("List")
        else entry["ContextKeyValues"][0]
        for entry in request["ContextEntries"]
    }
    may = allowed(json.loads(document)["Statement"], action, resource, context)
    return {"EvaluationResults": [{"EvalActionName": action, "EvalDecision": "allowed" if may else "implicitDeny"}]}


def _match(request: Request) -> Mapping[str, Any]:
    pattern = EventPattern.load(request["EventPattern"])
    return {"Result": any(pattern.matches_event(event) for event in _alternatives(json.loads(request["Event"])))}


def _alternatives(value: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON
    """An event with one object of each list of objects, each in its turn: moto does not look into such lists."""
    if isinstance(value, dict):
        for chosen in product(*(tuple(_alternatives(part)) for part in value.values())):
            yield dict(zip(value, chosen, strict=True))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for part in value:
            yield from _alternatives(part)
    else:
        yield value


def _modeled(service: str, operation: str, answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """Answers requests that the service's model takes."""

    def answered(request: Request) -> Any:  # noqa: ANN401 - JSON
        validate_parameters(request, _shape(service, operation))
        return answer(request)

    return answered


AS_EXPECTED = {
    "stepfunctions.validate_state_machine_definition": _modeled(
        "stepfunctions", "ValidateStateMachineDefinition", _validate
    ),
    "stepfunctions.test_state": _modeled("stepfunctions", "TestState", _test),
    "cloudformation.validate_template": _modeled("cloudformation", "ValidateTemplate", _template),
    "iam.simulate_custom_policy": _modeled("iam", "SimulateCustomPolicy", _simulate),
    "events.test_event_pattern": _modeled("events", "TestEventPattern", _match),
}
"""The script of a trial whose checks are all answered as they should be."""
