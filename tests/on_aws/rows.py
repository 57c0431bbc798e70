"""The calls of the checks: each asks one thing, and says what AWS should answer."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from batchwright.automation.machine import machine
from batchwright_runner.contract.task_request import recased, task_request
from tests.kit.scripted_ecs import End
from tests.kit.state_machine import Execution
from tests.library.automation.support import deployed, ecs, facts
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
MACHINE, SPOT, JUDGED = (machine(facts(manifest)) for manifest in (None, MANIFESTS[-1], MANIFEST))
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
    ("States.ALL", LIMIT, False),
    (LIMIT, LIMIT, True),
)
"""What a state catches, the error that it meets, and whether that is caught."""
NOTHING = Expression("{}.nothing", {}, None)


def rows(trial: Trial, asked: Questions) -> dict[str, list[Row]]:
    """Each claim's rows."""
    variable = _value(trial, Expression("$a", {"a": "b"}, "b"))._replace(control=True)
    return {
        "definitions": [
            *(_valid(trial, name, definition) for name, definition in asked.machines.items()),
            _valid(trial, "a state without its target", _with(MACHINE, without_target), control=True),
        ],
        "arguments": [*_argument(trial, MACHINE, "PropagateTags"), *_argument(trial, SPOT, "CapacityProviderStrategy")],
        "verdicts": [variable, *(row for verdict, end in asked.ends for row in _ends(trial, verdict, end))],
        "expression-limits": [variable, *(_value(trial, expression) for expression in asked.expressions)],
        "errors-caught": [*(_catch(trial, *case) for case in CAUGHT), _value(trial, NOTHING)],
        "templates": [
            *(_template(trial, name, template) for name, template in asked.templates.items() if _fits(template)),
            _template(trial, "a reference to nothing", REFERS_TO_NOTHING, control=True),
        ],
        "requests": [
            _request(trial, IN_CONTEXT)._replace(control=True),
            *(_request(trial, request) for request in asked.requests),
        ],
        "rule-for-ends": [_delivery(trial, delivery) for delivery in asked.deliveries],
        "name-and-code": [_delivery(trial, delivery) for delivery in name_and_code()],
    }


def _refused(error: ClientError, *codes: str) -> Answer:
    """An error that is an answer; any other goes on."""
    if error.response["Error"]["Code"] not in codes:
        raise error
    return REFUSED, error.response["Error"]["Message"]


# Definitions and templates.


def _valid(trial: Trial, name: str, definition: Json, *, control: bool = False) -> Row:
    def ask() -> Answer:
        answer = trial.client("stepfunctions").validate_state_machine_definition(definition=json.dumps(definition))
        return answer["result"], "; ".join(diagnostic["message"] for diagnostic in answer["diagnostics"][:2])

    return Row(name, "FAIL" if control else "OK", ask, control)


def _with(definition: Json, plant: Callable[[dict[str, Any]], None]) -> Json:
    """A definition with a fault in its states."""
    copy: dict[str, Any] = json.loads(json.dumps(definition))
    plant(copy["States"])
    return copy


def _argument(trial: Trial, definition: Json, name: str) -> list[Row]:
    """Whether an argument of RunTask is one in a machine, too; one that there is not must be refused."""

    def misspelt(states: dict[str, Any]) -> None:
        arguments = states["Run"]["Arguments"]
        arguments[f"{name}z"] = arguments.pop(name)

    strange = _valid(trial, f"{name}z", _with(definition, misspelt), control=True)
    return [_valid(trial, name, definition), strange]


def _fits(template: Json) -> bool:
    """Whether ValidateTemplate takes it: 51,200 bytes at most, unless it lies in a bucket (CloudFormation, 2026-11)."""
    return len(json.dumps(template, separators=(",", ":")).encode()) <= 51_200


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


def _test(trial: Trial, definition: Json, **more: Any) -> Json:  # noqa: ANN401 - JSON
    """Executes a state. One that is refused has the status ``REFUSED``."""
    texts = {key: value if key in ("stateName", "mock") else json.dumps(value) for key, value in more.items()}
    client = trial.client("stepfunctions")
    try:
        answer: Json = client.test_state(definition=json.dumps(definition), inspectionLevel="DEBUG", **texts)
    except ClientError as error:
        return {"status": "REFUSED", "cause": _refused(error, "InvalidDefinition", "ValidationException")[1]}
    return answer


def _ends(trial: Trial, verdict: str, end: End) -> Iterator[Row]:
    """Of an end of a task: that a start gives the task, well or with an error, to the question what that end was."""
    ours = ecs(end, essential=ESSENTIAL, manifest=deployed(MANIFEST))
    execution = Execution(JUDGED, ours, ours.clock)
    execution.run()
    task = json.loads(json.dumps(end.task(ARN)))
    request = recased(task_request(MANIFEST, {})) | {"Group": "9f1c"}
    variables = {**execution.variables, "answer": {"request": request}}

    def start(mock: Json) -> Answer:
        given = {"variables": variables, "context": CONTEXT, "mock": {"fieldValidationMode": "NONE", **mock}}
        answer = _test(trial, JUDGED, stateName="Run", **given)
        return json.loads(answer.get("inspectionData", {}).get("variables", "{}")).get("seen"), answer.get("cause", "")

    text = json.dumps(task)
    failed = {"errorOutput": {"error": "States.TaskFailed", "cause": text}}
    yield Row(f"a start that gives {end}: {verdict}", task, lambda: start({"result": text}))
    yield Row(f"a start that fails with {end}", {"Error": "States.TaskFailed", "Cause": text}, lambda: start(failed))


def _value(trial: Trial, expression: Expression) -> Row:
    """The value of an expression; none where it gives nothing, which fails the state."""

    def ask() -> Answer:
        state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": f"{{% {expression.text} %}}", "End": True}
        answer = _test(trial, state, variables=expression.variables)
        return json.loads(answer["output"]) if answer["status"] == "SUCCEEDED" else None, answer.get("cause", "")

    return Row(expression.text, expression.value, ask)


def _catch(trial: Trial, caught: str, error: str, expected: bool) -> Row:
    resource, catch = "arn:aws:states:::aws-sdk:ecs:listTasks", [{"ErrorEquals": [caught], "Next": "Elsewhere"}]
    state = {"Type": "Task", "QueryLanguage": "JSONata", "Resource": resource, "Arguments": {}, "Catch": catch}

    def ask() -> Answer:
        mock = {"errorOutput": {"error": error, "cause": "planned"}}
        answer = _test(trial, {**state, "End": True}, mock=mock)
        return answer["status"], answer.get("cause", "")

    return Row(f"{error} where {caught} is caught", "CAUGHT_ERROR" if expected else "FAILED", ask)


# Requests and events.


def _request(trial: Trial, request: Request) -> Row:
    tests = [test for statement in request.statements for test in statement.get("Condition", {}).items()]
    operators = {key: operator for operator, keys in tests for key in keys}
    entries = [
        {
            "ContextKeyName": key,
            "ContextKeyValues": [*map(str, value if isinstance(value, list) else [value])],
            "ContextKeyType": _kind(operators.get(key, ""), several=isinstance(value, list)),
        }
        for key, value in request.context.items()
    ]

    def ask() -> Answer:
        document = json.dumps({"Version": "2012-10-17", "Statement": request.statements})
        answer = trial.client("iam").simulate_custom_policy(
            PolicyInputList=[document],
            ActionNames=[request.action],
            ResourceArns=[request.resource],
            ContextEntries=entries,
        )
        (result,) = answer["EvaluationResults"]
        return result["EvalDecision"] == "allowed", result["EvalDecision"]

    return Row(f"{request.action} on {request.resource} with {json.dumps(request.context)}", request.allowed, ask)


def _kind(operator: str, *, several: bool) -> str:
    """The type of a condition key's value."""
    name = "numeric" if "Numeric" in operator else "boolean" if operator == "Bool" else "string"
    return f"{name}List" if several or operator.startswith("For") else name


def _delivery(trial: Trial, delivery: Delivery) -> Row:
    event, pattern = json.dumps({**EVENT, **delivery.event}), json.dumps(delivery.pattern)

    def ask() -> Answer:
        try:
            return trial.client("events").test_event_pattern(EventPattern=pattern, Event=event)["Result"], ""
        except ClientError as error:
            return _refused(error, "InvalidEventPatternException")

    return Row(f"{pattern} and {event}", delivery.fits, ask)


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
