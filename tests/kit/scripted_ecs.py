"""An ECS that does what a script says, as a state machine sees it through Step Functions.

Facts that others have recorded or measured on AWS, read 2026-11: ``.sync`` gives the task itself, in PascalCase (floci
pull 1564); a container that fails, and a task that never starts, are ``States.TaskFailed`` with the task as JSON in the
cause (copilot-cli issue 3160), cut after `CAUSE` characters; a state that times out has no cause, and Step Functions
stops its task (floci pull 2782, issues 2733, 2779); RunTask's own errors are ``ECS.…`` with a sentence as cause; a
sidecar that is not essential and was killed (137) failed ``.sync`` (wellcomecollection/catalogue-pipeline pull 3377);
floci reads the user guide so that only essential containers decide. Where they contradict one another, both are
tried.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from batchwright_runner.alerting.clients import CallError
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.task_request import as_api, recased
from batchwright_runner.machines.handler import QuestionsFunction
from tests.kit.state_machine import Clock, TaskError

Sync = Literal["any", "essential", "stops", "never"]
"""When ``.sync`` fails: on any code but 0, on an essential container's, on any stop that was asked for too, or not even
then. Which one AWS does is not documented for sidecars and for stops, and it must not matter."""


def sync_fails(
    sync: Sync, stop_code: str, main: int | None, others: Mapping[str, int | None], *, essential: Sequence[str]
) -> bool:
    """Whether ``.sync`` fails.

    Args:
        sync: When it does.
        stop_code: The task's stop code.
        main: The main container's code.
        others: Container to code, of the others.
        essential: Names of the essential ones among them.
    """
    if sync == "never":
        return stop_code == "TaskFailedToStart"
    if sync == "stops" and stop_code != "EssentialContainerExited":
        return True
    judged = [main, *(code for name, code in others.items() if sync != "essential" or name in essential)]
    return any(code != 0 for code in judged)


CAUSE = 32_768
"""Characters that a cause may have (Step Functions API reference, TaskFailedEventDetails, 2026-11)."""


def iso(at: float) -> str:
    """A moment, in seconds since 1970, as calls through the SDK show it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


@dataclass(frozen=True, kw_only=True)
class End:
    """How a task ends.

    Attributes:
        exit_code: The main container's code; none where it never ran.
        stop_code: ECS's stop code.
        reason: ECS's reason.
        main_reason: The main container's reason.
        began: Whether the main container ran.
        others: Container to code, of the others; none for no code.
        takes: Seconds from the request to the end.
    """

    exit_code: int | None = 0
    stop_code: str = "EssentialContainerExited"
    reason: str = "Essential container in task exited"
    main_reason: str = ""
    began: bool = True
    others: Mapping[str, int | None] = field(default_factory=dict)
    takes: float = 60.0

    def task(self, arn: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """The task as DescribeTasks shows it, in Step Functions' casing."""
        main: dict[str, Any] = {"Name": "main", "LastStatus": "STOPPED"}
        main |= {} if self.exit_code is None else {"ExitCode": self.exit_code}
        main |= {"Reason": self.main_reason} if self.main_reason else {}
        others = [
            {"Name": name, "LastStatus": "STOPPED"} | ({} if code is None else {"ExitCode": code})
            for name, code in self.others.items()
        ]
        task = {"TaskArn": arn, "LastStatus": "STOPPED", "Containers": [main, *others], **more}
        task |= {"StopCode": self.stop_code} if self.stop_code else {}
        task |= {"StoppedReason": self.reason} if self.reason else {}
        return task | ({"StartedAt": 1_795_600_030_000} if self.began else {})


class AsksFunction:
    """What the machines of batches and of workflows have in common: the stage's function, asked in this process."""

    clock: Clock
    before_answer: Callable[[Mapping[str, Any]], None]

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        """A call of the machine, or of its function."""
        raise NotImplementedError

    def _invoke(self, question: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        function = QuestionsFunction(self.api, StageNames("batches", "staging"), lambda: self.clock.now)
        try:
            self.before_answer(question)
            answer = function.answer(json.loads(json.dumps(question)))
        except TaskError:
            raise
        except Exception as error:
            raise TaskError(type(error).__name__, json.dumps({"errorMessage": str(error)})) from error
        return {"Payload": json.loads(json.dumps(answer)), "StatusCode": 200}

    def api(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """A call of the function, as the SDK makes it."""
        first, *words = operation.split("_")
        resource = f"{service.replace('stepfunctions', 'sfn')}:{first}{''.join(word.title() for word in words)}"
        try:
            answer = self.call(resource, recased(parameters), 60)
        except TaskError as error:
            code = error.error.partition(".")[2]
            raise CallError(f"{service} {operation}: {code}: {error.cause}", code) from error
        shown: Mapping[str, Any] = answer if service == "ssm" else as_api(answer)
        return shown


@dataclass
class ScriptedEcs(AsksFunction):
    """The calls of a machine.

    Attributes:
        clock: The time.
        script: What each RunTask comes to: an end, or an error. The last one repeats.
        sync: When ``.sync`` fails.
        essential: Names of the essential containers beside the main found.
        pause: The text of the pause's record; empty for none.
        manifest: The batch as it is deployed now; none where it is not.
        before_answer: Called with each question before the stage's function has it; it may raise.
        tasks: Tasks that others have started, as DescribeTasks shows them.
        executions: Executions of the machine, as ListExecutions shows those that run, the newest first; one that has
            ended has a ``Status``.
        denied: Calls that are refused.
        lost: Whether an error of RunTask leaves a task behind.
        late: Seconds until ListTasks shows a task.
        stops: Whether Step Functions succeeds in stopping the task of a state that takes too long.
        page: How many tasks ListTasks shows at once, at most.
        before_look: Called before each look at tasks or at an execution.
    """

    clock: Clock
    script: Sequence[End | TaskError] = (End(),)
    sync: Sync = "any"
    essential: Sequence[str] = ()
    pause: str = ""
    manifest: BatchManifest | None = None
    before_answer: Callable[[Mapping[str, Any]], None] = lambda _: None
    tasks: list[dict[str, Any]] = field(default_factory=list)
    executions: list[dict[str, Any]] = field(default_factory=list)
    denied: Sequence[str] = ()
    lost: bool = False
    late: float = 0.0
    stops: bool = True
    page: int = 2
    before_look: Callable[[], None] = lambda: None
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    _appear: dict[str, float] = field(default_factory=dict)

    @property
    def running(self) -> list[str]:
        """The tasks that go on, and that no one has asked to stop."""
        return [task["TaskArn"] for task in self.tasks if task.get("DesiredStatus", "RUNNING") == "RUNNING"]

    @property
    def starts(self) -> list[Mapping[str, Any]]:
        """The arguments of all starts."""
        return [arguments for resource, arguments in self.calls if resource == "ecs:runTask.sync"]

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        """Answers a call."""
        self.calls.append((resource, arguments))
        if resource in self.denied:
            raise TaskError(f"{resource.partition(':')[0].capitalize()}.AccessDeniedException", "not authorized")
        answers: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
            "ssm:getParameters": self._parameters,
            "sfn:listExecutions": self._list_executions,
            "sfn:describeExecution": self._describe_execution,
            "ecs:listTasks": self._list,
            "ecs:describeTasks": self._describe,
            "ecs:stopTask": self._stop,
            "events:putEvents": lambda _: {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]},
        }
        if resource == "lambda:invoke":
            return self._invoke(arguments["Payload"])
        if resource == "ecs:runTask.sync":
            return self._run(arguments, timeout)
        return answers[resource](arguments)

    def _parameters(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        values = {"manifests": self.manifest.to_json() if self.manifest else "", "paused": self.pause}
        found = {name: values.get(name.split("/")[3], "") for name in arguments["Names"]}
        parameters = [{"Name": name, "Type": "String", "Value": value} for name, value in found.items() if value]
        return {"Parameters": parameters, "InvalidParameters": [name for name in found if not found[name]]}

    def _run(self, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        number = len(self.starts)
        end = self.script[min(number, len(self.script)) - 1]
        arn = f"arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/{number:032x}"
        request = {name: arguments[name] for name in ("Group", "Overrides") if name in arguments}
        began = {"StartedBy": "AWS Step Functions", "CreatedAt": self.iso(), **request}
        if isinstance(end, TaskError):
            if self.lost:
                self._add({"TaskArn": arn, "LastStatus": "RUNNING", **began})
            raise end
        if end.takes > timeout:
            self._add({"TaskArn": arn, "LastStatus": "RUNNING", **began})
            self.clock.sleep(timeout)
            if self.stops:
                self._stop({"Task": arn})
            raise TaskError("States.Timeout", None)
        self.clock.sleep(end.takes)
        task = end.task(arn, DesiredStatus="STOPPED", StoppedAt=self.iso(), **began)
        self._add(task)
        if sync_fails(self.sync, end.stop_code, end.exit_code, end.others, essential=self.essential):
            raise TaskError("States.TaskFailed", json.dumps(task)[:CAUSE])
        return task

    def _add(self, task: dict[str, Any]) -> None:
        self.tasks.append(task)
        self._appear[task["TaskArn"]] = self.clock.now + self.late

    def _stop(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        (task,) = [task for task in self.tasks if task["TaskArn"] == arguments["Task"]]
        task |= {"DesiredStatus": "STOPPED", "LastStatus": "STOPPING", "StopCode": "UserInitiated"}
        return {"Task": task}

    def _list(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        self.before_look()
        wanted = arguments["DesiredStatus"]
        tasks = [
            task["TaskArn"]
            for task in self.tasks
            if task.get("DesiredStatus", "RUNNING") == wanted
            and self._appear.get(task["TaskArn"], 0.0) <= self.clock.now
        ]
        return _page("TaskArns", tasks, arguments, min(self.page, arguments["MaxResults"]))

    def _describe(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        self.before_look()
        if not arguments["Tasks"]:
            raise TaskError("Ecs.InvalidParameterException", "Tasks cannot be empty.")
        return {"Tasks": [task for task in self.tasks if task["TaskArn"] in arguments["Tasks"]], "Failures": []}

    def _list_executions(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        assert arguments["StatusFilter"] == "RUNNING"
        shown = [{"Status": "RUNNING", **execution} for execution in self.executions]
        running = [execution for execution in shown if execution["Status"] == "RUNNING"]
        return _page("Executions", running, arguments, arguments["MaxResults"])

    def _describe_execution(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        self.before_look()
        for shown in self.executions:
            if shown["ExecutionArn"] == arguments["ExecutionArn"]:
                return {"Status": "RUNNING", "Input": "{}", **shown}
        raise TaskError("Sfn.ExecutionDoesNotExistException", "Execution Does Not Exist")

    def iso(self, ago: float = 0.0) -> str:
        """A moment as calls through the SDK show it."""
        return iso(self.clock.now - ago)


def _page(name: str, items: Sequence[Any], arguments: Mapping[str, Any], size: int) -> dict[str, Any]:
    """A page of what was found."""
    begin = int(arguments.get("NextToken", "0"))
    page: dict[str, Any] = {name: items[begin : begin + size]}
    return page | ({"NextToken": str(begin + size)} if begin + size < len(items) else {})
