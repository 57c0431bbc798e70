"""Runners and machines of one batch begin at random: never two run at once, and never none."""

import heapq
import os
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any

import pytest

from batchwright.automation.machine import machine
from batchwright_runner.alerting.clients import CallError
from batchwright_runner.contract.ends import STEP_FUNCTIONS
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.task_request import recased
from batchwright_runner.host.fargate.overlap import older_run
from batchwright_runner.machines.handler import QuestionsFunction
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.state_machine import Execution, TaskError
from tests.library.automation.support import MACHINE, called, deployed, facts

SEEDS = int(os.environ.get("BATCHWRIGHT_SEEDS", "30"))
"""How many nights are played of each kind."""
BEGAN = 1_795_600_000.0
LATE = 2.5
"""Seconds by which a list is late at most."""
THROTTLED = 0.05
"""How many calls of the function are throttled."""
TASK = "arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/"


class Night:
    """One batch's night: a clock that all take turns at, and what ECS and Step Functions know.

    Each participant is a thread, of which one goes on at a time: the one whose pause is over first.
    """

    signals: Sequence[int] = ()

    def __init__(self, seed: int, overlap: Any) -> None:  # noqa: ANN401 - an overlap
        self.random = random.Random(seed)
        self.manifest = deployed(sample_manifest(overlap=overlap, overlap_wait_seconds=7200))
        self.clock = BEGAN
        self.tasks: dict[str, dict[str, Any]] = {}
        self.executions: dict[str, dict[str, Any]] = {}
        self.ends: list[str] = []
        self._numbers = count()
        self._pauses: list[tuple[float, int, threading.Event]] = []
        self._turn = threading.Semaphore(0)

    # Time.

    def now(self) -> float:
        return self.clock

    def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
        del read, write
        over = threading.Event()
        heapq.heappush(self._pauses, (self.clock + seconds, next(self._numbers), over))
        self._turn.release()
        over.wait()

    def begin(self, at: float, does: Callable[[], None]) -> None:
        """Has somebody begin, some seconds from now."""
        over = threading.Event()

        def run() -> None:
            over.wait()
            try:
                does()
            except Exception as error:  # noqa: BLE001 - the test must say it
                self.ends.append(f"{type(error).__name__}: {error}")
            self._turn.release()

        heapq.heappush(self._pauses, (self.clock + at, next(self._numbers), over))
        threading.Thread(target=run, daemon=True).start()

    def play(self) -> None:
        """Plays it to its end."""
        while self._pauses:
            self.clock, _, over = heapq.heappop(self._pauses)
            over.set()
            assert self._turn.acquire(timeout=60)

    def note(self, text: str) -> None:
        """Nothing: no one reads it."""

    # Participants.

    def runner(self, name: str) -> None:
        """A runner: it starts, looks, and stops its task for an older run."""
        arn = self._start(startedBy=name)
        older = older_run(self, self.manifest, self._shown(self.tasks[arn]), [arn], self)
        if older:
            self.tasks[arn]["stopped"] = min(self.clock, self.tasks[arn]["stopped"])
        self.ends.append("gave way" if older else "ran")

    def execution(self, name: str) -> None:
        """An execution of the batch's machine."""
        arn = f"{MACHINE.replace(':stateMachine:', ':execution:')}:{name}"
        shown = self.executions[arn] = {"executionArn": arn, "startDate": self.clock, "status": "RUNNING"}
        shown["listed"] = self.clock + self.random.uniform(0, LATE)
        ended = Execution(machine(facts(self.manifest)), machines := Machines(self), machines, name, MACHINE).run()
        shown["status"] = ended.status
        self.ends.append(called(ended))

    # AWS.

    def _start(self, **request: Any) -> str:  # noqa: ANN401 - any field
        arn, begins = f"{TASK}{next(self._numbers):032x}", self.clock + self.random.uniform(12, 20)
        listed = self.clock + self.random.uniform(0, LATE)
        stopped = begins + self.random.uniform(1, 600)
        self.tasks[arn] = {
            "arn": arn,
            "at": self.clock,
            "begins": begins,
            "stopped": stopped,
            "listed": listed,
            **request,
        }
        self.wait(self.random.uniform(0.05, 0.5))
        return arn

    def _shown(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """A task as DescribeTasks shows it."""
        request = {name: task[name] for name in ("startedBy", "group", "overrides") if name in task}
        shown = {"taskArn": task["arn"], "createdAt": task["at"], "desiredStatus": "RUNNING", **request}
        began = {"startedAt": task["begins"]} if task["begins"] <= min(self.clock, task["stopped"]) else {}
        if self.clock < task["stopped"]:
            status = "RUNNING" if began else "PENDING"
            return {**shown, **began, "lastStatus": status, "containers": [{"name": "main", "lastStatus": status}]}
        main = {"name": "main", "lastStatus": "STOPPED", **({"exitCode": 0} if began else {})}
        code = "EssentialContainerExited" if began else "UserInitiated"
        ended = {"desiredStatus": "STOPPED", "lastStatus": "STOPPED", "stopCode": code}
        return {**shown, **began, **ended, "containers": [main]}

    def call(self, service: str, operation: str, **given: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """A call of a runner."""
        return self._asked(service, operation, **given)

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of the function."""
        function = QuestionsFunction(self._of_function, StageNames("batches", "staging"), self.now)
        try:
            return function.answer(question)
        except CallError as error:
            raise TaskError("CallError", str(error)) from error

    def run_task(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """A task that a machine has started, at its end."""
        arn = self._start(startedBy=STEP_FUNCTIONS, group=request["Group"])
        self.wait(self.tasks[arn]["stopped"] - self.clock)
        shown: Mapping[str, Any] = recased(self._shown(self.tasks[arn]))
        return shown

    def _of_function(self, service: str, operation: str, **given: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        if self.random.random() < THROTTLED:
            raise CallError(f"{service} {operation}: ThrottlingException", "ThrottlingException")
        return self._asked(service, operation, **given)

    def _asked(self, service: str, operation: str, **given: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        assert service in ("ecs", "ssm", "stepfunctions")
        self.wait(self.random.uniform(0.02, 0.3))
        match operation:
            case "get_parameters":
                return {"Parameters": [{"Name": self.manifest.path, "Value": self.manifest.to_json()}]}
            case "list_executions":
                listed = [one for one in self.executions.values() if one["listed"] <= self.clock]
                return {"executions": [one for one in listed if one["status"] == "RUNNING"]}
            case "describe_execution":
                return self.executions[given["executionArn"]]
            case "list_tasks":
                shown = [self._shown(task) for task in self.tasks.values() if task["listed"] <= self.clock]
                wanted = given.get("desiredStatus", "RUNNING")
                return {"taskArns": [task["taskArn"] for task in shown if task["desiredStatus"] == wanted]}
            case _:
                return {"tasks": [self._shown(self.tasks[arn]) for arn in given["tasks"] if arn in self.tasks]}

    @property
    def ran(self) -> list[tuple[float, float]]:
        """When containers ran, in their order."""
        return sorted(
            (task["begins"], task["stopped"]) for task in self.tasks.values() if task["begins"] < task["stopped"]
        )


class Machines:
    """A night, as an execution sees it."""

    def __init__(self, night: Night) -> None:
        self._night = night

    @property
    def now(self) -> float:
        return self._night.clock

    def sleep(self, seconds: float) -> None:
        self._night.wait(seconds)

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        del timeout
        if resource == "lambda:invoke":
            return {"Payload": self._night.ask(arguments["Payload"])}
        assert resource == "ecs:runTask.sync"
        return self._night.run_task(arguments)


@pytest.mark.parametrize(("overlap", "runners"), [("forbid", 2), ("forbid", 0), ("wait", 0)])
def test_of_runs_that_begin_at_random_never_two_run_at_once_and_never_none(overlap: str, runners: int) -> None:
    for seed in range(SEEDS):
        night = Night(seed, overlap)
        for number in range(runners):
            night.begin(night.random.uniform(0, 30), partial(night.runner, f"night-{number}"))
        for number in range(3):
            night.begin(night.random.uniform(0, 30), partial(night.execution, f"{number}{seed:08x}"))
        night.play()

        beside = [pair for pair in zip(night.ran, night.ran[1:], strict=False) if pair[1][0] < pair[0][1]]
        assert (seed, beside) == (seed, [])
        assert (seed, bool(night.ran)) == (seed, True)
        assert len(night.ends) == runners + 3
        assert set(night.ends) <= {"gave way", "ran", "Batchwright.Exit0", "Batchwright.Overlap"}
        assert overlap == "forbid" or len(night.ran) == 3
