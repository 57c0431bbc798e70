"""Executes a state machine in Amazon States Language: the states and fields that our machines use, and no others.

Step Functions developer guide, "Using Amazon States Language" and "Transforming data with JSONata" (2026-11). A field
that is not known here is an error, so that nothing is passed over without a word. Expressions are those of
jsonata-python; one that gives nothing fails its state, as in Step Functions.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from jsonata import jsonata

STATES = {
    "Pass": {"Assign", "Next", "Output"},
    "Task": {"Resource", "Arguments", "TimeoutSeconds", "Retry", "Catch", "Assign", "Next"},
    "Choice": {"Choices", "Default"},
    "Wait": {"Seconds", "Assign", "Next"},
    "Succeed": {"Output"},
    "Fail": {"Error", "Cause"},
}
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
TOO_MANY = 1000
"""States after which an execution is taken for an endless one."""


class TaskError(Exception):
    """A task has failed.

    Attributes:
        error: The error's name, ``States.TaskFailed``.
        cause: Its cause; none for an error without one.
    """

    def __init__(self, error: str, cause: str | None = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


class Services(Protocol):
    """What the tasks of a machine call."""

    def call(self, resource: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401 - JSON
        """Makes a call.

        Args:
            resource: What is called, ``ecs:runTask.sync``.
            arguments: Its arguments.
            timeout: Seconds that it may take.

        Raises:
            TaskError: It failed.
        """


class Time(Protocol):
    """The time of an execution."""

    @property
    def now(self) -> float:
        """Seconds since 1970."""

    def sleep(self, seconds: float) -> None:
        """Lets time pass."""


@dataclass
class Clock:
    """A clock that goes on when something takes time.

    Attributes:
        now: Seconds since 1970.
    """

    now: float = 1_795_600_000.0

    def sleep(self, seconds: float) -> None:
        """Lets time pass."""
        self.now += seconds


@dataclass(frozen=True)
class Ended:
    """How an execution has ended.

    Attributes:
        status: ``SUCCEEDED``, ``FAILED`` or ``TIMED_OUT``.
        error: The name of its failure; empty without one.
        cause: The cause of its failure.
        output: What it gives.
        path: The states that it went through.
    """

    status: str
    error: str = ""
    cause: str = ""
    output: Any = None
    path: Sequence[str] = ()


@dataclass
class Execution:
    """One execution.

    Args:
        machine: The definition.
        services: What its tasks call.
        clock: The time.
        name: Its name.
        state_machine: ARN of the machine.
        evaluates: Evaluates an expression. Default: jsonata-python, with Step Functions' own functions.
    """

    machine: Mapping[str, Any]
    services: Services
    clock: Time
    name: str = "9f1c"
    state_machine: str = "arn:aws:states:eu-west-1:111111111111:stateMachine:batches-staging-daily-report"
    variables: dict[str, Any] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    evaluates: Callable[[str, Mapping[str, Any]], Any] | None = None

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"{self.state_machine.replace('stateMachine', 'execution')}:{self.name}"

    def run(self, given: Any = None) -> Ended:  # noqa: ANN401 - JSON
        """Executes it.

        Args:
            given: The input.
        """
        assert self.machine["QueryLanguage"] == "JSONata"
        began, at, data = self.clock.now, self.machine["StartAt"], {} if given is None else given
        started = _iso(began)
        while len(self.path) < TOO_MANY:
            if self.clock.now - began > self.machine["TimeoutSeconds"]:
                return Ended("TIMED_OUT", "States.Timeout", path=self.path)
            self.path.append(at)
            state = self.machine["States"][at]
            strange = state.keys() - STATES[state["Type"]] - {"Type", "Comment"}
            assert not strange, f"{at}: {strange} is not known here"
            context = {
                "Execution": {"Id": self.arn, "Name": self.name, "StartTime": started, "Input": given},
                "State": {"Name": at, "EnteredTime": _iso(self.clock.now)},
                "StateMachine": {"Id": self.state_machine},
            }
            try:
                ended, at, data = self._step(state, {"input": data, "context": context})
            except TaskError as error:
                return Ended("FAILED", error.error, error.cause or "", path=self.path)
            if ended is not None:
                return ended
        raise AssertionError(f"it does not end: {self.path[-20:]}")

    def _step(self, state: Mapping[str, Any], states: dict[str, Any]) -> tuple[Ended | None, str, Any]:
        kind = state["Type"]
        if kind == "Succeed":
            return Ended("SUCCEEDED", output=self._value(state["Output"], states), path=self.path), "", None
        if kind == "Fail":
            error, cause = (self._value(state[one], states) for one in ("Error", "Cause"))
            return Ended("FAILED", error, cause, path=self.path), "", None
        if kind == "Choice":
            for choice in state["Choices"]:
                held = self._value(choice["Condition"], states)
                if not isinstance(held, bool):
                    raise TaskError("States.QueryEvaluationError", f"{choice['Condition']} gave {held!r}")
                if held:
                    self._assign(choice, states)
                    return None, choice["Next"], states["input"]
            return None, state["Default"], states["input"]
        if kind == "Task":
            return self._task(state, states)
        if kind == "Wait":
            self.clock.sleep(self._value(state["Seconds"], states))
        self._assign(state, states)
        output = self._value(state["Output"], states) if "Output" in state else states["input"]
        return None, state["Next"], output

    def _task(self, state: Mapping[str, Any], states: dict[str, Any]) -> tuple[None, str, Any]:
        tried: dict[int, int] = {}
        while True:
            try:
                arguments = self._value(state["Arguments"], states)
                resource = state["Resource"].removeprefix("arn:aws:states:::").removeprefix("aws-sdk:")
                result = self.services.call(resource, arguments, state.get("TimeoutSeconds", 60))
                self._assign(state, {**states, "result": result})
            except TaskError as error:
                retried = self._retry(state.get("Retry", ()), error, tried)
                if retried:
                    continue
                caught = [one for one in state.get("Catch", ()) if _fits(one["ErrorEquals"], error.error)]
                if not caught:
                    raise
                output = {"Error": error.error} | ({} if error.cause is None else {"Cause": error.cause})
                self._assign(caught[0], {**states, "errorOutput": output})
                return None, caught[0]["Next"], output
            return None, state["Next"], result

    def _retry(self, retriers: Sequence[Mapping[str, Any]], error: TaskError, tried: dict[int, int]) -> bool:
        for index, one in enumerate(retriers):
            if _fits(one["ErrorEquals"], error.error):
                count = tried.get(index, 0)
                if count >= one["MaxAttempts"]:
                    return False
                self.clock.sleep(one["IntervalSeconds"] * one["BackoffRate"] ** count)
                tried[index] = count + 1
                return True
        return False

    def _assign(self, state: Mapping[str, Any], states: Mapping[str, Any]) -> None:
        values = {name: self._value(value, states) for name, value in state.get("Assign", {}).items()}
        self.variables |= values

    def _value(self, given: Any, states: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        if isinstance(given, Mapping):
            return {key: self._value(one, states) for key, one in given.items()}
        if isinstance(given, list):
            return [self._value(one, states) for one in given]
        if not isinstance(given, str) or not given.startswith("{%"):
            return given
        text = given.removeprefix("{%").removesuffix("%}").strip()
        found = (self.evaluates or evaluate)(text, {"states": states, **self.variables})
        if found is None:
            raise TaskError("States.QueryEvaluationError", f"{text} gave nothing")
        return found


def evaluate(text: str, variables: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """The value of an expression; none where it gives nothing.

    Raises:
        TaskError: It cannot be evaluated.
    """
    try:
        found = jsonata.Jsonata(text)
        found.register_lambda("parse", json.loads)  # Step Functions' own
        found.register_lambda(
            "hash", lambda text, algorithm: hashlib.new(_HASHES[algorithm], text.encode()).hexdigest()
        )
        for name, value in variables.items():
            found.assign(name, value)
        return _plain(found.evaluate(None))
    except Exception as error:
        raise TaskError("States.QueryEvaluationError", f"{error}: {text}") from error


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A value without the interpreter's own kinds of list."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _fits(names: Sequence[str], error: str) -> bool:
    """``States.TaskFailed`` stands for every error but a timeout, ``States.ALL`` for all."""
    return error in names or "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
