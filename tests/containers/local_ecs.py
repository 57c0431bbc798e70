"""An ECS whose tasks are containers of this machine, for a state machine that is interpreted.

The task's containers are conducted by the runner's local engine, so that starts, ends and codes are true ones. What
Step Functions and ECS make of them is as `tests.kit.scripted_ecs` lists it; `sync_fails` says when ``.sync`` fails.
"""

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.ends import STEP_FUNCTIONS
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.task_request import as_api, recased
from batchwright_runner.machines.handler import QuestionsFunction
from batchwright_runner.workbench.local.backends import find_engine
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import ImageFacts
from batchwright_runner.workbench.local.containers.network import host_config
from batchwright_runner.workbench.local.containers.task import ContainerTask
from batchwright_runner.workbench.local.containers.task_plan import TaskPlan, plan_task
from batchwright_runner.workbench.project.batches import main_container
from tests.kit.scripted_ecs import iso, sync_fails
from tests.kit.state_machine import TaskError

ARN = "arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/"
ABORTED = "The Task state in AWS Step Functions execution [arn] which was managing this resource was aborted"
LONGEST = 60.0
"""Seconds after which a task of these tests hangs."""


class PatientWaiter:
    """Time, and no signals."""

    signals: Sequence[int] = ()

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
        """Pauses."""
        del read, write
        time.sleep(seconds)

    def note(self, text: str) -> None:
        """Says nothing."""


@contextmanager
def runners_engine(kind: str) -> Iterator[Engine]:
    """Docker or Podman, as the runner finds it: Podman with settings that fit this machine."""
    yield find_engine(kind, os.environ)


class RunningClock:
    """This machine's clock. Who waits for something that is not in a container waits no time."""

    def __init__(self) -> None:
        self._ahead = 0.0

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._ahead

    def sleep(self, seconds: float) -> None:
        """Lets time pass."""
        self._ahead += seconds


class LocalTask:
    """A task of containers.

    Args:
        engine: The engine.
        plan: Its containers.
        arn: Its ARN.
        more: What DescribeTasks shows of it besides.
    """

    def __init__(self, engine: Engine, plan: TaskPlan, arn: str, more: Mapping[str, Any]) -> None:
        self._main = plan.main
        self._more = more
        self._task = ContainerTask(engine, plan, shown=(plan.main,), waiter=PatientWaiter(), say=lambda _: None)
        self.arn = arn
        self.lines: list[str] = []
        self._task.begin()

    @property
    def over(self) -> bool:
        """Whether nothing of it runs any more."""
        over = self._task.describe().status == "STOPPED"
        self.lines += [line.text.decode() for line in self._task.read_log(self._main, "").lines]
        return over

    def stop(self, reason: str) -> None:
        """Stops it: SIGTERM, and SIGKILL after the stop timeout."""
        self._task.stop(reason)

    def finish(self) -> None:
        """Waits for its end, and removes all that was made."""
        until = time.monotonic() + LONGEST
        while not self.over and time.monotonic() < until:
            time.sleep(0.02)
        assert self.over, "it does not end"
        assert self._task.finish(hurry=False) == []

    def shown(self) -> dict[str, Any]:
        """The task as DescribeTasks shows it, in Step Functions' casing."""
        state = self._task.describe()
        containers = []
        for name, container in self._task._conductor.containers.items():
            status = "STOPPED" if container.stopped else "RUNNING" if container.started_at is not None else "PENDING"
            entry: dict[str, Any] = {"Name": name, "LastStatus": status}
            entry |= {} if container.exit_code is None else {"ExitCode": container.exit_code}
            containers.append(entry | ({"Reason": container.problem} if container.problem else {}))
        task = {"TaskArn": self.arn, "LastStatus": state.status, "Containers": containers, **self._more}
        task |= {"StopCode": state.stop_code} if state.stop_code else {}
        task |= {"StoppedReason": state.reason} if state.reason else {}
        return task | ({"StartedAt": int(state.times["startedAt"] * 1000)} if "startedAt" in state.times else {})


@dataclass
class LocalEcs:
    """The calls of a machine.

    Attributes:
        engine: The engine.
        batch: The batch, as it was synthesized.
        manifest: Its manifest, as it is deployed.
        images: Container to image.
        labels: What marks all that is made.
        clock: The time.
        tasks: The tasks that were started.
        requests: The arguments with which the machine started them.
    """

    engine: Engine
    batch: BatchFile
    manifest: BatchManifest
    images: Mapping[str, ImageFacts]
    labels: Mapping[str, str] = field(default_factory=dict)
    clock: RunningClock = field(default_factory=RunningClock)
    tasks: list[LocalTask] = field(default_factory=list)
    requests: list[Mapping[str, Any]] = field(default_factory=list)

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        """Answers a call."""
        if resource == "ecs:runTask.sync":
            return self._run(arguments, timeout)
        if resource == "lambda:invoke":
            function = QuestionsFunction(self.api, StageNames.of(self.manifest), lambda: self.clock.now)
            return {"Payload": json.loads(json.dumps(function.answer(arguments["Payload"]))), "StatusCode": 200}
        answers: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
            "ssm:getParameters": self._parameters,
            "sfn:listExecutions": lambda _: {"Executions": []},
            "ecs:listTasks": self._list,
            "ecs:describeTasks": self._describe,
        }
        return answers[resource](arguments)

    def api(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """A call of the stage's function, as the SDK makes it."""
        first, *words = operation.split("_")
        resource = f"{service.replace('stepfunctions', 'sfn')}:{first}{''.join(word.title() for word in words)}"
        answer: Mapping[str, Any] = self.call(resource, recased(parameters), 60)
        return answer if service == "ssm" else as_api(answer)

    def _begin(self, request: Mapping[str, Any]) -> LocalTask:
        name = secrets.token_hex(16)
        (override,) = request["Overrides"]["ContainerOverrides"]
        assert override["Name"] == self.batch.manifest.container
        declared = {
            variable["name"]: variable["value"] for variable in main_container(self.batch).get("environment") or ()
        }
        given = {variable["Name"]: variable["Value"] for variable in override["Environment"]}
        plan = plan_task(
            self.batch,
            {**declared, **given},
            self.images,
            command=override.get("Command", ()),
            prefix=f"batchwright-{self.batch.manifest.batch}-{name[:8]}",
        )
        more = {"Group": request["Group"], "StartedBy": STEP_FUNCTIONS, "CreatedAt": iso(self.clock.now)}
        plan = replace(plan, labels=self.labels, network=host_config("", self.engine.kind))
        task = LocalTask(self.engine, plan, ARN + name, more)
        self.tasks.append(task)
        return task

    def _run(self, request: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        self.requests.append(request)
        task, until = self._begin(request), time.monotonic() + timeout
        while not task.over:
            if time.monotonic() > until:
                task.stop(ABORTED)
                task.finish()
                raise TaskError("States.Timeout", None)
            time.sleep(0.02)
        task.finish()
        shown = task.shown()
        codes = {container["Name"]: container.get("ExitCode") for container in shown["Containers"]}
        main = codes.pop(self.batch.manifest.container)
        essential = self.batch.manifest.essential
        if sync_fails("any", shown.get("StopCode", ""), main, codes, essential=essential):
            raise TaskError("States.TaskFailed", json.dumps(shown))
        return shown

    def _parameters(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        kept = {name: self.manifest.to_json() for name in arguments["Names"] if "/manifests/" in name}
        found = [{"Name": name, "Type": "String", "Value": value} for name, value in kept.items()]
        return {"Parameters": found, "InvalidParameters": [name for name in arguments["Names"] if name not in kept]}

    def _list(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        stopped = arguments["DesiredStatus"] == "STOPPED"
        return {"TaskArns": [task.arn for task in self.tasks if task.over is stopped]}

    def _describe(self, arguments: Mapping[str, Sequence[str]]) -> Any:  # noqa: ANN401 - JSON
        return {"Tasks": [task.shown() for task in self.tasks if task.arn in arguments["Tasks"]], "Failures": []}
