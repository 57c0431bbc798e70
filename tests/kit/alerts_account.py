"""An account as the alerts machine sees it through Step Functions: its calls, and the executions that it starts.

HTTP calls and SNS go to servers; everything else is kept here. Nothing of a call is passed over: an argument that is
not known is an error.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.kit.state_machine import Clock, Ended, Execution, TaskError, evaluate

ARN = "arn:aws:states:eu-west-1:111111111111:stateMachine:batches_staging_alerts"


@dataclass
class AlertsAccount:
    """The account.

    Attributes:
        machine: The alerts machine.
        clock: The time.
        parameters: SSM's parameters: name to value.
        log: Messages of the batch's log stream.
        tasks: Tasks of ECS, as DescribeTasks shows them.
        execution: What DescribeExecution answers.
        http: Answers an HTTP call: address, body, headers to status and body.
        publish: Answers ``sns:publish``.
        denied: Calls that are refused.
        asked: Called before each call.
        arn: ARN of the machine.
        evaluates: Evaluates an expression.
    """

    machine: Mapping[str, Any]
    clock: Clock = field(default_factory=Clock)
    parameters: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    execution: dict[str, Any] = field(default_factory=dict)
    http: Callable[[str, Any, str], tuple[int, Any]] = lambda _url, _body, _connection: (200, {"ok": True})
    publish: Callable[[Mapping[str, Any]], Any] = lambda _arguments: {"MessageId": "1"}
    denied: set[str] = field(default_factory=set)
    asked: Callable[[str], None] = lambda _resource: None
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    executions: dict[str, Ended] = field(default_factory=dict)
    arn: str = ARN
    evaluates: Callable[[str, Mapping[str, Any]], Any] = evaluate

    def given(self, what: Any) -> Ended:  # noqa: ANN401 - JSON
        """Executes the machine with an input, as EventBridge does: under a name that is new."""
        return self._execute(f"event-{len(self.calls)}", what)

    def made(self, resource: str) -> list[Mapping[str, Any]]:
        """The arguments of all calls of a kind."""
        return [arguments for called, arguments in self.calls if called == resource]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was published, by protocol."""
        return [json.loads(one["Message"]) for one in self.made("sns:publish")]

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401, ARG002 - JSON
        """Answers a call."""
        self.asked(resource)
        self.calls.append((resource, arguments))
        if resource in self.denied:
            raise TaskError(f"{resource.partition(':')[0].capitalize()}.AccessDeniedException", "not authorized")
        answers: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
            "ssm:getParameters": self._get,
            "ssm:putParameter": self._put,
            "cloudwatchlogs:getLogEvents": self._events,
            "cloudwatch:putMetricData": self._metrics,
            "ecs:listTasks": self._list,
            "ecs:describeTasks": lambda a: {"Tasks": [one for one in self.tasks if one["TaskArn"] in a["Tasks"]]},
            "sfn:describeExecution": lambda _: self.execution,
            "sfn:startExecution": self._start,
            "sns:publish": lambda a: self.publish(a),
            "http:invoke": self._http,
        }
        return answers[resource](arguments)

    def _execute(self, name: str, what: Any) -> Ended:  # noqa: ANN401 - JSON
        return Execution(self.machine, self, self.clock, name, self.arn, evaluates=self.evaluates).run(what)

    def _get(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        names = arguments["Names"]
        assert 0 < len(names) <= 10, "GetParameters takes ten names"
        found = [
            {"Name": one, "Type": "String", "Value": self.parameters[one]} for one in names if one in self.parameters
        ]
        # The answer has an order of its own.
        return {"Parameters": found[::-1], "InvalidParameters": [one for one in names if one not in self.parameters]}

    def _put(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        assert arguments["Overwrite"] is True
        assert arguments["Type"] == "String"
        assert 0 < len(arguments["Value"]) <= 4096
        self.parameters[arguments["Name"]] = arguments["Value"]
        return {"Version": 1}

    def _events(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        assert 1 <= arguments["Limit"] <= 10_000
        assert arguments["StartFromHead"] is False
        return {"Events": [{"Message": one, "Timestamp": 1} for one in self.log[-arguments["Limit"] :]]}

    def _metrics(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        for one in arguments["MetricData"]:
            assert isinstance(one["Value"], int | float)
            assert all(dimension["Value"] for dimension in one["Dimensions"])
        return {}

    def _list(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        assert arguments.keys() == {"Cluster", "StartedBy", "DesiredStatus"}
        wanted = (arguments["StartedBy"], arguments["DesiredStatus"])
        found = [one for one in self.tasks if (one["StartedBy"], one.get("DesiredStatus", "STOPPED")) == wanted]
        return {"TaskArns": [one["TaskArn"] for one in found]}

    def _start(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        name = arguments["Name"]
        assert len(name) <= 80
        assert arguments["StateMachineArn"] == self.arn
        if name in self.executions:
            raise TaskError("Sfn.ExecutionAlreadyExistsException", "Execution Already Exists")
        self.executions[name] = self._execute(name, json.loads(arguments["Input"]))
        return {"ExecutionArn": f"{self.arn}:{name}", "StartDate": self._now()}

    def _http(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        assert arguments["Method"] == "POST"
        url, connection = arguments["ApiEndpoint"], arguments["InvocationConfig"]["ConnectionArn"]
        status, body = self.http(url, arguments["RequestBody"], connection)
        if status >= 400:
            raise TaskError(f"States.Http.StatusCode.{status}", json.dumps(body))
        return {"ResponseBody": body, "StatusCode": status, "StatusText": "", "Headers": {}}

    def _now(self) -> str:
        return datetime.fromtimestamp(self.clock.now, UTC).isoformat()
