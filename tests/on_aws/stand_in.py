"""Answers the checks as AWS should, by means of this house: the kit's interpreter and IAM, moto's EventBridge."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters
from moto.events.models import EventPattern

from tests.kit.iam import allowed
from tests.kit.state_machine import Clock, Execution, TaskError

AFTER = "After"
"""The state that every other state goes to where it would go on."""


def refusal(operation: str, code: str, message: str = "refused") -> ClientError:
    """An error of AWS."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@dataclass
class StandIn:
    """A client of any service.

    Attributes:
        changed: Operation and request to another answer, or to an error.
        asked: Operation and request to the answer that was given.
    """

    changed: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    asked: dict[tuple[str, str], Any] = field(default_factory=dict)

    def __getattr__(self, operation: str) -> Any:  # noqa: ANN401 - as a client's
        if operation not in OPERATIONS:
            raise AttributeError(operation)

        def call(**given: Any) -> Any:  # noqa: ANN401 - JSON
            key = operation, json.dumps(given, sort_keys=True)
            if key not in self.asked or key in self.changed:
                self.asked[key] = self.changed[key] if key in self.changed else _answer(operation, given)
            answer = self.asked[key]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def _answer(operation: str, given: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """The answer, or the error, to a request that the service's model takes."""
    service, name, answers = OPERATIONS[operation]
    validate_parameters(given, _shape(service, name))
    try:
        return answers(given)
    except ClientError as error:
        return error


@cache
def _shape(service: str, operation: str) -> Any:  # noqa: ANN401 - botocore's
    return botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape


def _validate(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """That each state that another one names is there, and that each argument of RunTask is one."""
    faults: list[str] = []
    known = {name[0].upper() + name[1:] for name in _shape("ecs", "RunTask").members}

    def walk(states: Mapping[str, Any]) -> None:
        for name, state in states.items():
            named = {
                one["Next"] for one in (state, *state.get("Catch", ()), *state.get("Choices", ())) if "Next" in one
            }
            faults.extend(f"{name}: {one} is missing" for one in named - states.keys())
            if state.get("Resource", "").endswith("ecs:runTask.sync"):
                faults.extend(f"{name}: {one} is no argument" for one in state["Arguments"].keys() - known)
            for branch in state.get("Branches", ()):
                walk(branch["States"])

    walk(json.loads(given["definition"])["States"])
    return {"result": "FAIL" if faults else "OK", "diagnostics": [{"message": one} for one in faults]}


@dataclass
class _Mocked:
    """The service of a state, whose answer is given."""

    mock: Mapping[str, Any]

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        del resource, arguments, timeout
        if "errorOutput" in self.mock:
            raise TaskError(self.mock["errorOutput"]["error"], self.mock["errorOutput"]["cause"])
        return json.loads(self.mock["result"])


def _test(given: Mapping[str, Any]) -> Mapping[str, Any]:
    definition, mock = json.loads(given["definition"]), given.get("mock", {})
    state = dict(definition["States"][given["stateName"]] if "stateName" in given else definition)
    if mock.get("fieldValidationMode") == "STRICT" and not isinstance(
        json.loads(mock["result"]).get("Containers", []), list
    ):
        raise refusal("TestState", "ValidationException", "Containers must be an array")
    state.pop("QueryLanguage", None)
    if state.pop("End", False):
        state["Next"] = AFTER
    after = {"Type": "Succeed", "Output": "{% $states.input %}"}
    others = {one["Next"]: after for one in (state, *state.get("Catch", ()))}
    machine = {"QueryLanguage": "JSONata", "TimeoutSeconds": 1e9, "StartAt": "It", "States": {**others, "It": state}}
    execution = Execution(machine, _Mocked(mock), Clock(), variables=json.loads(given.get("variables", "{}")))
    ended = execution.run()
    shown = {"inspectionData": {"variables": json.dumps(execution.variables)}}
    if ended.status != "SUCCEEDED":
        return {**shown, "status": "FAILED", "error": ended.error, "cause": ended.cause}
    caught = "errorOutput" in mock
    return {**shown, "status": "CAUGHT_ERROR" if caught else "SUCCEEDED", "output": json.dumps(ended.output)}


def _template(given: Mapping[str, Any]) -> Mapping[str, Any]:
    template = json.loads(given["TemplateBody"])
    known = {*template["Resources"], *template.get("Parameters", {})}

    def referred(value: Any) -> set[str]:  # noqa: ANN401 - JSON
        if isinstance(value, list):
            return set().union(*map(referred, value))
        if not isinstance(value, dict):
            return set()
        return {value["Ref"]} if value.keys() == {"Ref"} else set().union(*map(referred, value.values()))

    missing = {one for one in referred(template["Resources"]) - known if not one.startswith("AWS::")}
    if missing:
        raise refusal("ValidateTemplate", "ValidationError", f"Unresolved resource dependencies [{missing}]")
    return {"Parameters": []}


def _simulate(given: Mapping[str, Any]) -> Mapping[str, Any]:
    (document,), (action,), (resource,) = (given[key] for key in ("PolicyInputList", "ActionNames", "ResourceArns"))
    context = {
        one["ContextKeyName"]: one["ContextKeyValues"]
        if one["ContextKeyType"].endswith("List")
        else one["ContextKeyValues"][0]
        for one in given["ContextEntries"]
    }
    may = allowed(json.loads(document)["Statement"], action, resource, context)
    return {"EvaluationResults": [{"EvalActionName": action, "EvalDecision": "allowed" if may else "implicitDeny"}]}


def _match(given: Mapping[str, Any]) -> Mapping[str, Any]:
    pattern = EventPattern.load(given["EventPattern"])
    return {"Result": any(pattern.matches_event(one) for one in _alternatives(json.loads(given["Event"])))}


def _alternatives(value: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON
    """An event with one object of each list of objects, each in its turn: moto does not look into such lists."""
    if isinstance(value, dict):
        for chosen in product(*(tuple(_alternatives(one)) for one in value.values())):
            yield dict(zip(value, chosen, strict=True))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for one in value:
            yield from _alternatives(one)
    else:
        yield value


OPERATIONS = {
    "validate_state_machine_definition": ("stepfunctions", "ValidateStateMachineDefinition", _validate),
    "test_state": ("stepfunctions", "TestState", _test),
    "validate_template": ("cloudformation", "ValidateTemplate", _template),
    "simulate_custom_policy": ("iam", "SimulateCustomPolicy", _simulate),
    "test_event_pattern": ("events", "TestEventPattern", _match),
}
"""A client's method to its service, its name there, and what answers it."""
