"""Step Functions: executions of the batches' own machines, whose tasks are those of the stand-in for AWS."""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from batchwright_runner.alerting.clients import CallError
from batchwright_runner.contract.ends import STEP_FUNCTIONS
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.task_request import as_api, recased
from batchwright_runner.machines.handler import QuestionsFunction
from tests.fake_aws import AwsServer
from tests.fake_aws.errors import AwsError
from tests.fake_aws.protocols import OPERATIONS
from tests.fake_aws.services import states
from tests.fake_aws.services.states import RUNNING
from tests.kit.scripted_ecs import Sync, sync_fails
from tests.kit.state_machine import Execution, TaskError

TIMED_OUT = "the machine's time limit"
"""Who has stopped a task whose state's time was up."""
LOOK = 0.1
LONGEST_WAIT = 4.0
"""Seconds that a wait takes at most: those of the machine are made for minutes, not for a test."""
ABORTED = "The Task state in AWS Step Functions execution [{}] which was managing this resource was aborted"


class AbortedError(Exception):
    """Somebody has stopped the execution."""


class Run(threading.Thread):
    """An execution that runs.

    Args:
        aws: The account.
        manifest: The batch.
        definition: Its machine.
        sync: When a task counts as failed.
        name: The execution's name.
        fails: Gives what a service fails with just now; empty for nothing. ``lost`` does what was asked.
    """

    def __init__(
        self,
        aws: AwsServer,
        manifest: BatchManifest,
        definition: Mapping[str, Any],
        sync: Sync,
        name: str,
        fails: Callable[[str], str],
    ) -> None:
        super().__init__(daemon=True)
        self._aws = aws
        self._manifest = manifest
        self._sync = sync
        self._fails = fails
        self._over = threading.Event()
        with aws.dispatcher.lock:
            self.shown = states.begin(aws.world, manifest.machine, name)
        self._execution = Execution(definition, self, self, name, manifest.machine)
        self.problem = ""

    def run(self) -> None:
        """Executes it, and ends it as it has ended."""
        try:
            ended = self._execution.run({})
        except AbortedError:
            return
        except Exception as error:  # noqa: BLE001 - the night must say it
            self.problem = f"the machine of {self._manifest.batch} cannot be executed: {error!r}"
            return
        with self._aws.dispatcher.lock:
            if self.shown.status == RUNNING:
                states.end(self._aws.world, self.shown, ended.status, ended.error, ended.cause)

    def finish(self) -> None:
        """Ends it where it has not ended."""
        self._over.set()
        self.join()

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self._aws.world.clock()

    def sleep(self, seconds: float) -> None:
        """Waits, and not for minutes.

        Raises:
            AbortedError: It was stopped meanwhile.
        """
        until = self.now + min(seconds, LONGEST_WAIT)
        while (left := until - self.now) > 0:
            self._over.wait(min(left, LOOK))
            if self._over.is_set() or self.shown.status != RUNNING:
                raise AbortedError

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        """Makes a call of the machine."""
        self.sleep(0.02)
        service, _, operation = resource.partition(":")
        if resource == "ecs:runTask.sync":
            return self._run_task(arguments, timeout)
        if resource == "lambda:invoke":
            return self._asked(arguments["Payload"])
        if failed := self._fails(service):
            raise TaskError(f"{service.capitalize()}.InternalServerException", failed)
        return self._answered(service.capitalize(), operation, arguments)

    def _asked(self, question: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """The answer of the stage's function."""
        function = QuestionsFunction(self._api, StageNames.of(self._manifest), self._aws.world.clock)
        try:
            answer = function.answer(json.loads(json.dumps(question)))
        except CallError as error:
            raise TaskError("CallError", str(error)) from error
        return {"Payload": json.loads(json.dumps(answer)), "StatusCode": 200}

    def _api(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """A call of the function."""
        failed = self._fails({"stepfunctions": "states"}.get(service, service))
        if failed:
            raise CallError(f"{service} {operation}: {failed}", "InternalServerException")
        try:
            return self._called("".join(word.title() for word in operation.split("_")), parameters)
        except AwsError as error:
            raise CallError(f"{service} {operation}: {error.code}: {error.message}", error.code) from error

    def _answered(self, service: str, operation: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """A call of ECS by the machine itself."""
        try:
            return recased(self._called(operation[0].upper() + operation[1:], as_api(arguments)))
        except AwsError as error:
            raise TaskError(f"{service}.{error.code}", error.message) from error

    def _called(self, operation: str, body: dict[str, Any]) -> Mapping[str, Any]:
        with self._aws.dispatcher.lock:
            self._aws.world.settle()
            self._aws.world.caller = "states"
            answer: Mapping[str, Any] = OPERATIONS[operation](self._aws.world, body)
        return answer

    def _run_task(self, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        failed = self._fails("ecs")
        if failed and failed != "lost":
            raise TaskError("ECS.ServerException", "Service Unavailable")
        with self._aws.dispatcher.lock:
            answer = self._answered("ECS", "runTask", arguments)
            task = self._aws.world.tasks[answer["Tasks"][0]["TaskArn"].rpartition("/")[2]]
            task.request["startedBy"] = STEP_FUNCTIONS  # which no caller of RunTask could say
        if failed:
            raise TaskError("ECS.ServerException", "Service Unavailable")
        until = self.now + timeout
        while self.now < task.times.stopped:
            self.sleep(LOOK)
            if self.now >= until:
                with self._aws.dispatcher.lock:
                    task.stop(self.now, ABORTED.format(self.shown.arn), by=TIMED_OUT)
                raise TaskError("States.Timeout", None)
        ended = _shown(task.describe(self.now))
        main = next(container for container in ended["Containers"] if container["Name"] == self._manifest.container)
        if sync_fails(self._sync, ended["StopCode"], main.get("ExitCode"), {}, essential=()):
            raise TaskError("States.TaskFailed", json.dumps(ended))
        return ended


def _shown(task: Mapping[str, Any]) -> dict[str, Any]:
    """A task as Step Functions gives it, with its moments in milliseconds."""
    shown = recased(json.loads(json.dumps(task)))
    return {name: int(value * 1000) if value and name.endswith("At") else value for name, value in shown.items()}
