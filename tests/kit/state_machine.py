"""Executes a state machine in Amazon States Language: the states and fields that our machines use, and no others.

Step Functions developer guide, "Using Amazon States Language" and "Transforming data with JSONata" (2026-11). A field
that is not known here is an error, so that nothing is passed over without a word. Expressions are those of
jsonata-python; one that gives nothing fails its state, as in Step Functions.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from jsonata import jsonata

STATES = {
    "Pass": {"Assign", "Next", "Output", "End"},
    "Task": {"Resource", "Arguments", "TimeoutSeconds", "Retry", "Catch", "Assign", "Next", "Output"},
    "Parallel": {"Arguments", "Branches", "Catch", "Next", "Output"},
    "Choice": {"Choices", "Default"},
    "Wait": {"Seconds", "Assign", "Next"},
    "Succeed": {"Output"},
    "Fail": {"Error", "Cause"},
}
MOST_EVENTS = 25_000
"""Events that an execution's history may have; it fails at the next one (user guide, "Quotas", 2026-11)."""
MOST_DATA = 256 * 1024
"""Bytes of a task's arguments and of its result. Beyond it fails with `TOO_LARGE`, also where the result comes from an
SDK, and whatever would be left of it (user guide, "Quotas" and "Error handling", 2026-11)."""
TOO_LARGE = "States.DataLimitExceeded"
DEEPEST = 100
"""How deep the evaluation of an expression may go."""


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


class AbortedError(Exception):
    """The execution is stopped from outside: nothing more of it starts, and what runs is stopped."""


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
        status: ``SUCCEEDED``, ``FAILED``, ``TIMED_OUT`` or ``ABORTED``.
        error: The name of its failure; empty without one.
        cause: The cause of its failure.
        output: What it gives.
        path: The states that it went through.
        events: How many events its history has.
    """

    status: str
    error: str = ""
    cause: str = ""
    output: Any = None
    path: Sequence[str] = ()
    events: int = 0


@dataclass
class Execution:
    """One execution.

    Args:
        machine: The definition.
        services: What its tasks call.
        clock: The time.
        name: Its name.
        state_machine: ARN of the machine.
        all_catches_limits: Whether ``States.ALL`` stands for `TOO_LARGE`, too. AWS's page says that it does not.
        evaluates: Evaluates an expression with variables. Default: jsonata-python.
    """

    machine: Mapping[str, Any]
    services: Services
    clock: Time
    name: str = "9f1c"
    state_machine: str = "arn:aws:states:eu-west-1:111111111111:stateMachine:batches-staging-daily-report"
    variables: dict[str, Any] = field(default_factory=dict)
    all_catches_limits: bool = False
    path: list[str] = field(default_factory=list)
    events: int = 1
    evaluates: Callable[[str, Mapping[str, Any]], Any] = field(default_factory=lambda: evaluate)
    _began: float = 0.0
    _given: Any = None

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"{self.state_machine.replace('stateMachine', 'execution')}:{self.name}"

    def run(self, data: Any = None) -> Ended:  # noqa: ANN401 - JSON
        """Executes it.

        Args:
            data: The input.
        """
        return replace(self._run(data), path=self.path, events=self.events)

    def _run(self, data: Any) -> Ended:  # noqa: ANN401 - JSON
        assert self.machine["QueryLanguage"] == "JSONata"
        self._began, self._given = self.clock.now, {} if data is None else data
        try:
            return self._walk(self.machine, self._given)[0] or Ended("SUCCEEDED")
        except TaskError as error:
            return Ended("FAILED", error.error, error.cause or "")
        except AbortedError:
            return Ended("ABORTED")

    def _walk(self, machine: Mapping[str, Any], data: Any) -> tuple[Ended | None, Any]:  # noqa: ANN401 - JSON
        """Goes from state to state, of the machine or of a branch; how that has ended, and a branch's data."""
        at = machine["StartAt"]
        while self.events < MOST_EVENTS:
            if self.clock.now - self._began > self.machine["TimeoutSeconds"]:
                return Ended("TIMED_OUT", "States.Timeout"), None
            self.path.append(at)
            self.events += 2  # it is entered and exited
            state = machine["States"][at]
            strange = state.keys() - STATES[state["Type"]] - {"Type", "Comment"}
            assert not strange, f"{at}: {strange} is not known here"
            assert machine is self.machine or "Assign" not in json.dumps(state), f"{at} assigns in a branch"
            context = {
                "Execution": {"Id": self.arn, "Name": self.name, "StartTime": _iso(self._began), "Input": self._given},
                "State": {"Name": at, "EnteredTime": _iso(self.clock.now)},
                "StateMachine": {"Id": self.state_machine},
            }
            ended, at, data = self._step(state, {"input": data, "context": context})
            if ended is not None or state.get("End"):
                return ended, data
        raise TaskError("States.Runtime", f"the history is full: {self.path[-20:]}")

    def _step(self, state: Mapping[str, Any], states: dict[str, Any]) -> tuple[Ended | None, str, Any]:
        kind = state["Type"]
        if kind == "Succeed":
            return Ended("SUCCEEDED", output=self._value(state["Output"], states)), "", None
        if kind == "Fail":
            error, cause = (self._value(state[field], states) for field in ("Error", "Cause"))
            return Ended("FAILED", error, cause), "", None
        if kind == "Choice":
            for choice in state["Choices"]:
                held = self._value(choice["Condition"], states)
                if not isinstance(held, bool):
                    raise TaskError("States.QueryEvaluationError", f"{choice['Condition']} gave {held!r}")
                if held:
                    self._assign(choice, states)
                    return None, choice["Next"], self._output(choice, states, states["input"])
            return None, state["Default"], states["input"]
        if kind == "Task":
            return self._task(state, states)
        if kind == "Parallel":
            return self._parallel(state, states)
        if kind == "Wait":
            self.clock.sleep(self._value(state["Seconds"], states))
        self._assign(state, states)
        return None, state.get("Next", ""), self._output(state, states, states["input"])

    def _parallel(self, state: Mapping[str, Any], states: dict[str, Any]) -> tuple[Ended | None, str, Any]:
        """Runs branches, each from the same moment; the state ends with the last one."""
        clock, arguments = self.clock, self._value(state["Arguments"], states)
        assert isinstance(clock, Clock)
        began, over, results, stopped = clock.now, clock.now, [], False
        for branch in state["Branches"]:
            clock.now = began
            try:
                ended, data = self._walk(branch, arguments)
            except AbortedError:
                ended, data, stopped = None, None, True
            except TaskError as error:
                return None, *self._caught(state, states, error)
            if ended is not None:
                return ended, "", None
            results.append(data)
            over = max(over, clock.now)
        clock.now = over
        if stopped:
            raise AbortedError
        return None, state["Next"], self._output(state, {**states, "result": results}, results)

    def _output(self, state: Mapping[str, Any], states: dict[str, Any], otherwise: Any) -> Any:  # noqa: ANN401 - JSON
        return _small(self._value(state["Output"], states)) if "Output" in state else otherwise

    def _caught(self, state: Mapping[str, Any], states: dict[str, Any], error: TaskError) -> tuple[str, Any]:
        caught = [catcher for catcher in state.get("Catch", ()) if self._fits(catcher["ErrorEquals"], error.error)]
        if not caught:
            raise error
        output = {"Error": error.error} | ({} if error.cause is None else {"Cause": error.cause})
        states = {**states, "errorOutput": output}
        self._assign(caught[0], states)
        return caught[0]["Next"], self._output(caught[0], states, output)

    def _task(self, state: Mapping[str, Any], states: dict[str, Any]) -> tuple[None, str, Any]:
        tried: dict[int, int] = {}
        while True:
            try:
                arguments = _small(self._value(state["Arguments"], states))
                resource = state["Resource"].removeprefix("arn:aws:states:::").removeprefix("aws-sdk:")
                self.events += 4 if ".sync" in resource else 3  # scheduled, started, submitted, its end
                result = _small(self.services.call(resource, arguments, state.get("TimeoutSeconds", 60)))
                with_result = {**states, "result": result}
                self._assign(state, with_result)
                output = self._output(state, with_result, result)
            except TaskError as error:
                if self._retry(state.get("Retry", ()), error, tried):
                    continue
                return None, *self._caught(state, states, error)
            return None, state["Next"], output

    def _retry(self, retriers: Sequence[Mapping[str, Any]], error: TaskError, tried: dict[int, int]) -> bool:
        for index, retrier in enumerate(retriers):
            if self._fits(retrier["ErrorEquals"], error.error):
                count = tried.get(index, 0)
                if count >= retrier["MaxAttempts"]:
                    return False
                pause = min(
                    retrier["IntervalSeconds"] * retrier["BackoffRate"] ** count, retrier.get("MaxDelaySeconds", 1e9)
                )
                self.clock.sleep(pause / 2 if "MaxDelaySeconds" in retrier else pause)  # what chance takes of it
                tried[index] = count + 1
                return True
        return False

    def _fits(self, names: Sequence[str], error: str) -> bool:
        """``States.TaskFailed`` stands for every error but a timeout, ``States.ALL`` for all but `TOO_LARGE`."""
        if error == TOO_LARGE and not self.all_catches_limits:
            return error in names
        return error in names or "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")

    def _assign(self, state: Mapping[str, Any], states: Mapping[str, Any]) -> None:
        values = {name: self._value(value, states) for name, value in state.get("Assign", {}).items()}
        self.variables |= values

    def _value(self, template: Any, states: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        if isinstance(template, Mapping):
            return {key: self._value(part, states) for key, part in template.items()}
        if isinstance(template, list):
            return [self._value(part, states) for part in template]
        if not isinstance(template, str) or not template.startswith("{%"):
            return template
        text = template.removeprefix("{%").removesuffix("%}").strip()
        value = self.evaluates(text, {"states": states, **self.variables})
        if value is None:
            raise TaskError("States.QueryEvaluationError", f"{text} gave nothing")
        return value


def evaluate(text: str, variables: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """The value of an expression; none where it gives nothing.

    Raises:
        TaskError: It cannot be evaluated.
    """
    try:
        expression = jsonata.Jsonata(text)
        for name, value in variables.items():
            expression.assign(name, value)
        expression.environment.set_runtime_bounds(None, DEEPEST)
        return _plain(expression.evaluate(None))
    except Exception as error:
        raise TaskError("States.QueryEvaluationError", f"{error}: {text}") from error


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A value without the interpreter's own kinds of list."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _small(data: Any) -> Any:  # noqa: ANN401 - JSON
    """Data as it is.

    Raises:
        TaskError: It is too large.
    """
    if len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()) > MOST_DATA:
        raise TaskError(TOO_LARGE, "The state/task returned a result with a size exceeding the maximum number of bytes")
    return data


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
