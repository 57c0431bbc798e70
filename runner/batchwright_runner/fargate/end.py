"""What is said, and written, when a run on Fargate is over."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.verdicts import Verdict
from batchwright_runner.fargate.links import log_link, task_link
from batchwright_runner.fargate.request import RunPlan
from batchwright_runner.fargate.task import task_id
from batchwright_runner.runs.advice import advice
from batchwright_runner.runs.phases import phases, shown_phases
from batchwright_runner.runs.task import TaskState
from batchwright_runner.runs.verdict import Ending
from batchwright_runner.terminal.console import Tell
from batchwright_runner.terminal.report import succeeded, tell_failure, tell_verdict


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a run.

    Attributes:
        verdict: What it means.
        plan: What the last attempt was started with.
        arn: Its task.
        state: The task as it was last seen; none when it was not looked at.
        ending: What was seen of its end; none when it was not followed.
        incomplete: Why lines of the log may be missing; empty when none are.
    """

    verdict: Verdict
    plan: RunPlan
    arn: str
    state: TaskState | None
    ending: Ending | None
    incomplete: str = ""

    @property
    def reason(self) -> str:
        """ECS's reason; empty where none was seen."""
        return self.state.reason if self.state is not None else ""

    def details(self) -> dict[str, Any]:
        """What the result file tells beyond the verdict."""
        state = self.state
        return {
            "task": self.arn,
            "attempt": self.plan.attempt,
            "image_digest": state.image_digest if state is not None else "",
            "container_code": state.exit_code if state is not None else None,
            "stop_code": state.stop_code if state is not None else "",
            "reason": self.reason,
            "advice": advice(self.verdict, self.reason),
            "times": dict(state.times) if state is not None else {},
            "phases": {name: round(seconds, 3) for name, seconds in phases(state.times).items()} if state else {},
            "log_complete": not self.incomplete,
            "links": {"task": task_link(self.plan.manifest, self.arn), "log": log_link(self.plan.manifest, self.arn)},
        }


def tell_end(tell: Tell, finished: Finished, arguments: Sequence[str]) -> None:
    """Says how a run has ended, whom to ask if it failed, and the verdict.

    Args:
        tell: Where to.
        finished: The end.
        arguments: The command line, to say it again.
    """
    found, manifest, arn = finished.verdict, finished.plan.manifest, finished.arn
    if finished.incomplete:
        again = shlex.join(["batchwright", "logs", task_id(arn), "-s", manifest.stage])
        tell.note(f"lines may be missing: {finished.incomplete}\nall of them: {again}")
    if finished.ending is not None or finished.state is not None:
        tell.note("\n".join(_facts(finished)))
    if not succeeded(found):
        stage = ["-s", manifest.stage]
        more = [
            f"see its log: {shlex.join(['batchwright', 'logs', task_id(arn), *stage])}",
            f"see the last runs: {shlex.join(['batchwright', 'runs', manifest.batch, *stage])}",
        ]
        tell_failure(tell, manifest, arguments, more)
    tell_verdict(tell, found)


def come_back(manifest: BatchManifest, arn: str) -> str:
    """How to come back to a run that is left."""
    stage = ["-s", manifest.stage]
    return "\n".join(
        [
            f"the run may go on: {arn}",
            f"follow it: {shlex.join(['batchwright', 'attach', task_id(arn), *stage])}",
            f"stop it: {shlex.join(['batchwright', 'stop', task_id(arn), *stage])}",
        ]
    )


def _facts(finished: Finished) -> list[str]:
    state, manifest = finished.state, finished.plan.manifest
    lines = []
    if not succeeded(finished.verdict) and finished.reason:
        lines.append(f"reason: {finished.reason}")
        meaning = advice(finished.verdict, finished.reason)
        if meaning:
            lines.append(f"advice: {meaning}")
    if state is not None and shown_phases(state.times):
        lines.append(f"time: {shown_phases(state.times)}")
    if state is not None and state.image_digest:
        lines.append(f"image: {manifest.image.repository}@{state.image_digest}")
    lines += [f"task: {task_link(manifest, finished.arn)}", f"log: {log_link(manifest, finished.arn)}"]
    return lines
