"""The calls of the checks: each asks one thing, and says what AWS should answer."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from batchwright.automation.machine import machine
from tests.kit.scripted_ecs import End
from tests.kit.state_machine import Execution, TaskError, evaluate
from tests.library.automation.support import ecs, facts
from tests.library.automation.test_asl import MANIFESTS, without_target
from tests.library.automation.test_verdicts import ESSENTIAL, MANIFEST
from tests.on_aws.checks import Row
from tests.on_aws.questions import Delivery, Expression, Questions, Request
from tests.on_aws.trial import Trial

Json = Mapping[str, Any]
Answer = tuple[object, str]
TAKEN, REFUSED = "taken", "refused"
EVENT = {
    "version": "0",
    "id": "00000000-0000-4000-8000-000000000000",
    "account": "111111111111",
    "region": "ap-northeast-1",
    "time": "2026-11-28T02:30:00Z",
    "resources": [],
}
"""What EventBridge asks of an event beside its kind."""
MACHINE, SPOT, JUDGED = (machine(facts(one)) for one in (None, MANIFESTS[-1], MANIFEST))
ARN = "arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/1"
CONTEXT = {
    "Execution": {"Id": "arn:aws:states:eu-west-1:111111111111:execution:batches-staging-report:9f1c", "Name": "9f1c"},
    "State": {"Name": "Run", "EnteredTime": "2026-11-28T02:30:00.123Z"},
}
TAGGED = {"aws:PrincipalTag/a": "b"}
MAY = {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*", "Condition": {"StringEquals": TAGGED}}
IN_CONTEXT = Request([MAY], "sns:Publish", "*", TAGGED, allowed=True)
REFERS_TO_NOTHING = {"Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Nothing"}}}}}
LIMIT = "States.DataLimitExceeded"
CAUGHT = (
    ("States.ALL", "ECS.ServerException", True),
    ("States.ALL", "States.Timeout", True),
    ("States.TaskFailed", "ECS.ServerException", True),
    ("States.TaskFailed", "States.Timeout", False),
    ("ECS.ServerException", "ECS.ServerException", True),
    ("ecs.serverexception", "ECS.ServerException", False),
)
"""What a state catches, the error that it meets, and whether that is caught."""
TIMES = ("$toMillis('2026-11-28T02:30:00.123Z')", "$toMillis('2026-11-28T11:30:00.123+09:00')")
HASH = "$hash('batches-staging-report', 'SHA-256')"
NOTHING = ("{}.nothing", "$parse('a sentence')")


def rows(trial: Trial, asked: Questions) -> dict[str, list[Row]]:
    """Each claim's rows."""
    variable = _value(trial, Expression("$a", {"a": "b"}, "b"))._replace(control=True)
    return {
        "definitions": [
            *(_valid(trial, name, one) for name, one in asked.machines.items()),
            _valid(trial, "a state without its target", _with(MACHINE, without_target), control=True),
        ],
        "tags-of-a-task": _argument(trial, MACHINE, "Tags"),
        "spot-of-a-task": _argument(trial, SPOT, "CapacityProviderStrategy"),
        "verdicts": [variable, *(row for verdict, end in asked.ends for row in _ends(trial, verdict, end))],
        "expression-limits": [variable, *(_value(trial, one) for one in asked.expressions)],
        "model-of-sync": [_model(trial, "Containers", "REFUSED"), _model(trial, "containers", "SUCCEEDED")],
        "errors-caught": [*(_catch(trial, *one) for one in CAUGHT), *(_value(trial, known(one)) for one in NOTHING)],
        "data-limit": [_catch(trial, "States.ALL", LIMIT, False), _catch(trial, LIMIT, LIMIT, True)],
        "jsonata-time": [_value(trial, known(one)) for one in TIMES],
        "hash": [_value(trial, known(HASH))],
        "templates": [
            *(_template(trial, name, one) for name, one in asked.templates.items()),
            _template(trial, "a reference to nothing", REFERS_TO_NOTHING, control=True),
        ],
        "requests": [
            _request(trial, IN_CONTEXT)._replace(control=True),
            *(_request(trial, one) for one in asked.requests),
        ],
        "rule-for-ends": [_delivery(trial, one) for one in asked.deliveries],
        "name-and-code": [_delivery(trial, one) for one in name_and_code()],
    }


def _refused(error: ClientError, *codes: str) -> Answer:
    """An error that is an answer; any other goes on."""
    if error.response["Error"]["Code"] not in codes:
        raise error
    return REFUSED, error.response["Error"]["Message"]


# Definitions and templates.


def _valid(trial: Trial, name: str, definition: Json, *, control: bool = False) -> Row:
    def ask() -> Answer:
        found = trial.client("stepfunctions").validate_state_machine_definition(definition=json.dumps(definition))
        return found["result"], "; ".join(one["message"] for one in found["diagnostics"][:2])

    return Row(name, "FAIL" if control else "OK", ask, control)


def _with(definition: Json, plant: Callable[[dict[str, Any]], None]) -> Json:
    """A definition with a fault in its states."""
    copy: dict[str, Any] = json.loads(json.dumps(definition))
    plant(copy["States"])
    return copy


def _argument(trial: Trial, definition: Json, name: str) -> list[Row]:
    """Whether an argument of RunTask is one in a machine, too; one that there is not must be refused."""

    def misspelt(states: dict[str, Any]) -> None:
        given = states["Run"]["Arguments"]
        given[f"{name}z"] = given.pop(name)

    strange = _valid(trial, f"{name}z", _with(definition, misspelt), control=True)
    return [_valid(trial, name, definition), strange]


def _template(trial: Trial, name: str, template: Json, *, control: bool = False) -> Row:
    def ask() -> Answer:
        body = json.dumps(template, separators=(",", ":"))
        try:
            trial.client("cloudformation").validate_template(TemplateBody=body)
        except ClientError as error:
            return _refused(error, "ValidationError")
        return TAKEN, ""

    return Row(name, REFUSED if control else TAKEN, ask, control)


# States.


def _test(trial: Trial, definition: Json, **given: Any) -> Json:  # noqa: ANN401 - JSON
    """Executes a state. One that is refused has the status ``REFUSED``."""
    texts = {key: one if key in ("stateName", "mock") else json.dumps(one) for key, one in given.items()}
    client = trial.client("stepfunctions")
    try:
        found: Json = client.test_state(definition=json.dumps(definition), inspectionLevel="DEBUG", **texts)
    except ClientError as error:
        return {"status": "REFUSED", "cause": _refused(error, "InvalidDefinition", "ValidationException")[1]}
    return found


def _ends(trial: Trial, verdict: str, end: End) -> Iterator[Row]:
    """Of an end of a task: that a start gives the task, well or with an error, and what the task is judged to be."""
    ours = ecs(end, essential=ESSENTIAL)
    execution = Execution(JUDGED, ours, ours.clock)
    execution.run()
    task = json.loads(json.dumps(end.task(ARN)))

    def assigned(state: str, name: str, task: Json, **given: Any) -> Answer:  # noqa: ANN401 - JSON
        found = _test(trial, JUDGED, stateName=state, variables={**execution.variables, "task": task}, **given)
        return json.loads(found.get("inspectionData", {}).get("variables", "{}")).get(name), found.get("cause", "")

    def start(mock: Json) -> Answer:
        return assigned("Run", "task", {}, context=CONTEXT, mock={"fieldValidationMode": "NONE", **mock})

    def judge() -> Answer:
        found, said = assigned("Judge its end", "end", task)
        return found.get("name") if isinstance(found, dict) else None, said

    text = json.dumps(task)
    failed = {"errorOutput": {"error": "States.TaskFailed", "cause": text}}
    yield Row(f"a start that gives {end}", task, lambda: start({"result": text}))
    yield Row(f"a start that fails with {end}", task, lambda: start(failed))
    yield Row(str(end), verdict, judge)


def known(text: str) -> Expression:
    """An expression that reads nothing, with the value that the tests' interpreter gives."""
    try:
        return Expression(text, {}, evaluate(text, {}))
    except TaskError:
        return Expression(text, {}, None)


def _value(trial: Trial, one: Expression) -> Row:
    """The value of an expression; none where it gives nothing, which fails the state."""

    def ask() -> Answer:
        state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": f"{{% {one.text} %}}", "End": True}
        found = _test(trial, state, variables=one.variables)
        return json.loads(found["output"]) if found["status"] == "SUCCEEDED" else None, found.get("cause", "")

    return Row(one.text, one.value, ask)


def _task(resource: str, **more: Any) -> Json:  # noqa: ANN401 - JSON
    return {"Type": "Task", "QueryLanguage": "JSONata", "Resource": resource, "Arguments": {}, "End": True, **more}


def _status(trial: Trial, state: Json, mock: Json) -> Answer:
    found = _test(trial, state, mock=mock)
    return found["status"], found.get("cause", "")


def _catch(trial: Trial, caught: str, error: str, expected: bool) -> Row:
    catch = [{"ErrorEquals": [caught], "Next": "Elsewhere"}]
    state = _task("arn:aws:states:::aws-sdk:ecs:listTasks", Catch=catch)
    mock = {"errorOutput": {"error": error, "cause": "planned"}}
    name = f"{error} where {caught} is caught"
    return Row(name, "CAUGHT_ERROR" if expected else "FAILED", lambda: _status(trial, state, mock))


def _model(trial: Trial, field: str, expected: str) -> Row:
    """Whether AWS's model of a result has a field: there alone a mocked value of the wrong kind is refused."""
    state = _task("arn:aws:states:::ecs:runTask.sync", Arguments={"TaskDefinition": "report:1"})
    mock = {"result": json.dumps({field: "no list"}), "fieldValidationMode": "STRICT"}
    return Row(field, expected, lambda: _status(trial, state, mock))


# Requests and events.


def _request(trial: Trial, one: Request) -> Row:
    tests = [item for statement in one.statements for item in statement.get("Condition", {}).items()]
    operators = {key: operator for operator, keys in tests for key in keys}
    entries = [
        {
            "ContextKeyName": key,
            "ContextKeyValues": [*map(str, value if isinstance(value, list) else [value])],
            "ContextKeyType": _kind(operators.get(key, ""), several=isinstance(value, list)),
        }
        for key, value in one.context.items()
    ]

    def ask() -> Answer:
        document = json.dumps({"Version": "2012-10-17", "Statement": one.statements})
        found = trial.client("iam").simulate_custom_policy(
            PolicyInputList=[document], ActionNames=[one.action], ResourceArns=[one.resource], ContextEntries=entries
        )
        (result,) = found["EvaluationResults"]
        return result["EvalDecision"] == "allowed", result["EvalDecision"]

    return Row(f"{one.action} on {one.resource} with {json.dumps(one.context)}", one.allowed, ask)


def _kind(operator: str, *, several: bool) -> str:
    """The type of a condition key's value."""
    name = "numeric" if "Numeric" in operator else "boolean" if operator == "Bool" else "string"
    return f"{name}List" if several or operator.startswith("For") else name


def _delivery(trial: Trial, one: Delivery) -> Row:
    event, pattern = json.dumps({**EVENT, **one.event}), json.dumps(one.pattern)

    def ask() -> Answer:
        try:
            return trial.client("events").test_event_pattern(EventPattern=pattern, Event=event)["Result"], ""
        except ClientError as error:
            return _refused(error, "InvalidEventPatternException")

    return Row(f"{pattern} and {event}", one.fits, ask)


def name_and_code() -> Iterator[Delivery]:
    """A pattern of a container's name and its code, and two tasks: one container has both, or two have one each."""
    both = {"name": ["main"], "exitCode": [{"anything-but": [0]}]}
    stopped = {"stopCode": [{"anything-but": ["EssentialContainerExited"]}]}
    pattern = {"source": ["aws.ecs"], "detail": {"$or": [{"containers": both}, stopped]}}
    for main, agent in ((3, 0), (0, 143)):
        containers = [{"name": "agent", "exitCode": agent}, {"name": "main", "exitCode": main}]
        detail = {"containers": containers, "stopCode": "EssentialContainerExited"}
        event = {"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": detail}
        yield Delivery(pattern, event, fits=main != 0)
