"""Runs one batch in containers of this machine."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from batchwright_runner.contract.files_plan import CONTAINER, RenderedFile
from batchwright_runner.contract.verdicts import Verdict
from batchwright_runner.errors import InterruptedEarlyError, StartError, UsageError
from batchwright_runner.local.background import aside
from batchwright_runner.local.config_files import archives, files_of, render, without_rendering
from batchwright_runner.local.containers.buildkit import BestBuilder
from batchwright_runner.local.containers.cleanup import BATCH, OWNER, PROJECT, RUN, STAGE, sweep
from batchwright_runner.local.containers.client import Engine
from batchwright_runner.local.containers.engine import EngineError, ImageFacts
from batchwright_runner.local.containers.images import Images
from batchwright_runner.local.containers.task import ContainerTask
from batchwright_runner.local.containers.task_plan import Size, TaskPlan, plan_task
from batchwright_runner.local.pace import container_pace
from batchwright_runner.local.request import LocalEnd, LocalRequest
from batchwright_runner.local.run_lock import Owner, locks_folder
from batchwright_runner.project.batches import DeclaredBatch
from batchwright_runner.project.project import Project
from batchwright_runner.runs.advice import advice
from batchwright_runner.runs.follow import Follower, Limits
from batchwright_runner.runs.task import TaskState
from batchwright_runner.runs.verdict import verdict
from batchwright_runner.stage.session import Surroundings
from batchwright_runner.terminal.console import Tell
from batchwright_runner.terminal.live_line import LiveLine, local_line
from batchwright_runner.terminal.report import succeeded, tell_failure, tell_verdict
from batchwright_runner.terminal.text import did_you_mean


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run in containers starts from.

    Attributes:
        batch: The batch.
        siblings: The stage's batches.
        project: The project.
        values: The batch's variables.
    """

    batch: DeclaredBatch
    siblings: Sequence[DeclaredBatch]
    project: Project
    values: Mapping[str, str]


def run_in_containers(request: LocalRequest, ready: Prepared, engine: Engine, around: Surroundings) -> LocalEnd:
    """Runs a batch and follows it to its end. Nothing of it is left.

    Raises:
        ImageUnavailableError: An image cannot be had; nothing was started.
        RunnerError: It could not be run; nothing was started.
    """
    ready, files = _files(request, ready)
    locks = locks_folder(around.environment)
    owner = Owner(locks, secrets.token_hex(8))
    with ExitStack() as stack:
        try:
            for run in aside(lambda: sweep(engine, locks), around.waiter):
                around.tell.note(f"removed what run {run} had left behind: its runner was killed")
            images = _images(request, ready, engine, around)
        except EngineError as error:
            raise StartError(f"{engine.name} fails: {error}", again="safe") from error
        stack.enter_context(owner)
        plan = _plan(request, ready, images, owner, archives(files))
        if files:
            around.tell.note(f"rendered {', '.join(one.path for one in files)}")
        if around.waiter.signals:
            raise InterruptedEarlyError(around.waiter.signals[0])
        end, left = _follow(request, ready, engine, plan, around)
        if not left:
            owner.forget()
    _tell_end(request, ready, end, around.tell)
    return end


def _images(request: LocalRequest, ready: Prepared, engine: Engine, around: Surroundings) -> dict[str, ImageFacts]:
    builder = BestBuilder(engine, around.environment)
    images = Images(engine, builder, ready.project, around.tell, around.waiter)
    given = {name or ready.batch.manifest.container: image for name, image in request.images.items()}
    known = [str(one.get("name")) for one in ready.batch.containers]
    for name in given:
        if name not in known:
            raise UsageError(
                f"--image {name}=… is refused: {request.name} has no container {name}", hint=did_you_mean(name, known)
            )
    with local_line(around.console, "preparing the image") as line:
        return aside(lambda: images.of(ready.batch, ready.siblings, given), around.waiter, line.tick)


def _files(request: LocalRequest, ready: Prepared) -> tuple[Prepared, list[RenderedFile]]:
    """Renders the config files here, so that the runner's image is not needed, unless that was given for this run."""
    plan = files_of(ready.batch)
    if plan is None or CONTAINER in request.images:
        return ready, []
    return replace(ready, batch=without_rendering(ready.batch)), render(ready.batch, plan, ready.values)


def _plan(
    request: LocalRequest,
    ready: Prepared,
    images: Mapping[str, ImageFacts],
    owner: Owner,
    files: Mapping[str, bytes],
) -> TaskPlan:
    manifest = ready.batch.manifest
    labels = {
        RUN: request.run,
        PROJECT: manifest.project,
        STAGE: manifest.stage,
        BATCH: manifest.batch,
        OWNER: owner.name,
    }
    return plan_task(
        ready.batch,
        ready.values,
        images,
        command=request.command,
        size=Size(request.cpu, request.memory) if request.cpu else None,
        labels=labels,
        prefix=f"batchwright-{manifest.batch}-{owner.name[:8]}",
        files=files,
    )


def _follow(
    request: LocalRequest, ready: Prepared, engine: Engine, plan: TaskPlan, around: Surroundings
) -> tuple[LocalEnd, list[str]]:
    waiter, output, manifest = around.waiter, around.output, ready.batch.manifest
    timeout = request.timeout or manifest.timeout_seconds
    limits = Limits(
        deadline=waiter.now() + timeout,
        timeout=timeout,
        stop_timeout=sum(one.stop_timeout for one in plan.containers),
        container=plan.main,
    )
    others = [one.name for one in plan.containers if one.name != plan.main] if request.all_containers else []
    task = ContainerTask(engine, plan, shown=[plan.main, *others], waiter=waiter)
    hurry = True
    try:
        with local_line(around.console) as line:
            follower = Follower(
                task,
                limits,
                pace=container_pace(),
                waiter=waiter,
                output=output,
                watcher=Remarking(line, task.remarks),
            )
            task.begin()
            ending = follower.run()
        hurry = not ending.ended or bool(ending.left)
    finally:
        left = task.finish(hurry=hurry)
    for container in task.containers:
        output.put(task.rest(container), f"{container} | ".encode() if others else b"")
    if follower.incomplete:
        around.tell.note(f"lines may be missing: {follower.incomplete}")
    if left:
        around.tell.note(f"may still be there: {', '.join(left)}\nthe next run with --local removes it")
    found = verdict(ending)
    return LocalEnd(found, _details(engine, task, follower, found)), left


def _details(engine: Engine, task: ContainerTask, follower: Follower, found: Verdict) -> dict[str, Any]:
    state = follower.state or TaskState(status="UNKNOWN")
    return {
        "backend": engine.name,
        "task": task.name,
        "image_digest": state.image_digest,
        "container_code": state.exit_code,
        "containers": task.codes,
        "stop_code": state.stop_code,
        "reason": state.reason,
        "advice": advice(found, state.reason),
        "times": dict(state.times),
        "log_complete": not follower.incomplete,
    }


def _tell_end(request: LocalRequest, ready: Prepared, end: LocalEnd, tell: Tell) -> None:
    details = end.details
    if not succeeded(end.verdict):
        lines = [f"reason: {details['reason']}"] if details["reason"] else []
        if details["advice"]:
            lines.append(f"advice: {details['advice']}")
        if len(details["containers"]) > 1:
            codes = [f"{name} {'-' if code is None else code}" for name, code in details["containers"].items()]
            lines.append(f"exit codes: {', '.join(codes)}")
            if not request.all_containers:
                lines.append("see the other containers' logs too: --all-containers")
        if lines:
            tell.note("\n".join(lines))
        tell_failure(tell, ready.batch.manifest, request.arguments)
    tell_verdict(tell, end.verdict)


class Remarking:
    """A live line, and what the task has to say beside it.

    Args:
        line: The line.
        remarks: What the task has to say, each thing once.
    """

    def __init__(self, line: LiveLine, remarks: Callable[[], Sequence[str]]) -> None:
        self._remarks = remarks
        self._line = line
        self.note = line.note
        self.tick = line.tick

    def state(self, state: TaskState) -> None:
        """Says what there is to say."""
        for text in self._remarks():
            self._line.note(text)
        self._line.state(state)
