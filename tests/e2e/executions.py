"""Executions of state machines in the emulator."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.e2e.places import ACCOUNT, REGION

TICK, TOCK = (
    f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:automation-staging-{batch}" for batch in ("tick", "tock")
)

ENDED_WITHIN = 150.0
"""Seconds for an execution's end: of a run that times out, a minute and what is around it."""


def has_ended(execution: Any) -> bool:  # noqa: ANN401 - JSON
    return bool(execution["status"] != "RUNNING")


@dataclass(frozen=True, slots=True)
class Executions:
    """The executions of the emulator's Step Functions."""

    states: Any

    def start(self, name: str, **given: str) -> str:
        """Starts one of the batch tock, with an input; its ARN."""
        started = self.states.start_execution(stateMachineArn=TOCK, name=name, input=json.dumps(given))
        return str(started["executionArn"])

    def until(self, arn: str, reached: Callable[[Any], object] = has_ended) -> Any:  # noqa: ANN401 - JSON
        """Waits until one has ended, or something else is so."""
        until = time.monotonic() + ENDED_WITHIN
        while time.monotonic() < until:
            execution = self.states.describe_execution(executionArn=arn)
            if reached(execution):
                return execution
            time.sleep(0.5)
        raise AssertionError(f"it goes on: {self.states.get_execution_history(executionArn=arn)['events'][-3:]}")

    def of_the_schedule(self, reached: Callable[[Any], object]) -> Any:  # noqa: ANN401 - JSON
        """Waits for an execution of the batch tick of which something is so."""
        until = time.monotonic() + ENDED_WITHIN
        while time.monotonic() < until:
            for listed in self.states.list_executions(stateMachineArn=TICK)["executions"]:
                execution = self.states.describe_execution(executionArn=listed["executionArn"])
                if reached(execution):
                    return execution
            time.sleep(1)
        raise AssertionError("the schedule started none")
