"""Runs one batch in containers of this machine."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from batchwright_runner.contract.files_plan import RenderedFile
from batchwright_runner.contract.judgment.verdict import verdict
from batchwright_runner.contract.names import FILES_CONTAINER
from batchwright_runner.contract.task_size import Size
from batchwright_runner.errors import InterruptedEarlyError, RunnerError, StartError, UsageError
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.follow import Follower, Limits
from batchwright_runner.host.runs.stopping import Whereabouts
from batchwright_runner.host.runs.variables import refuse_undecoded
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.host.terminal.live_line import local_line
from batchwright_runner.host.terminal.text import did_you_mean
from batchwright_runner.workbench.local.attempts import run_attempts
from batchwright_runner.workbench.local.background import aside
from batchwright_runner.workbench.local.config_files import archives, files_of, render
from batchwright_runner.workbench.local.containers import endpoint
from batchwright_runner.workbench.local.containers.buildkit import BestBuilder
from batchwright_runner.workbench.local.containers.cleanup import BATCH, LOCK, PROJECT, RUN, STAGE, sweep
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import EngineError, ImageFacts
from batchwright_runner.workbench.local.containers.images import Images
from batchwright_runner.workbench.local.containers.init_process import check_init
from batchwright_runner.workbench.local.containers.network import check_network, host_config, relay_ports
from batchwright_runner.workbench.local.containers.relay.relay import Handlers
from batchwright_runner.workbench.local.containers.task import ContainerTask
from batchwright_runner.workbench.local.containers.task_plan import TaskPlan, plan_task
from batchwright_runner.workbench.local.file_systems import file_systems, places
from batchwright_runner.workbench.local.notes import Remarking
from batchwright_runner.workbench.local.pace import container_pace
from batchwright_runner.workbench.local.prepared import Prepared, Start
from batchwright_runner.workbench.local.request import LocalRequest
from batchwright_runner.workbench.local.run_lock import RunLock, locks_folder
from batchwright_runner.workbench.local.sidecars import without
from batchwright_runner.workbench.project.image_folder import image_folder


def ready_in_containers(request: LocalRequest, ready: Prepared, engine: Engine, around: Surroundings) -> Start:
    """Has the images of a batch ready, and gives what runs it and follows it to its end. Nothing of it is left then.

    Raises:
        ImageUnavailableError: An image cannot be had.
        UsageError: A value, or the command, is not UTF-8.
        RunnerError: It could not be run.
    """
    refuse_undecoded(ready.values, request.command)
    ready, files = _files(request, ready)
    locks = locks_folder(around.environment)
    try:
        for run in aside(lambda: sweep(engine, locks), around.waiter):
            around.tell.note(f"removed what run {run} had left behind: its runner was killed")
        note = aside(lambda: check_network(request.network, engine), around.waiter)
        if note:
            around.tell.note(note)
        images = _images(request, ready, engine, around)
    except EngineError as error:
        raise StartError(f"{engine.name} fails: {error}", again="safe") from error
    if files:
        around.tell.note(f"rendered {', '.join(file.path for file in files)}")
    empty = file_systems(ready.batch)
    if empty:
        where = ", ".join(places(ready.batch, empty)) or "of a sidecar"
        around.tell.note(f"EFS {where}: an empty volume on this machine, gone with the run")
    return partial(_run, request, ready, engine, images, archives(files))


def _run(
    request: LocalRequest,
    ready: Prepared,
    engine: Engine,
    images: Mapping[str, ImageFacts],
    files: Mapping[str, bytes],
    around: Surroundings,
    more: Mapping[str, str],
) -> RunEnd:
    if around.waiter.signals:
        raise InterruptedEarlyError(around.waiter.signals[0])
    locks = locks_folder(around.environment)
    ready = replace(ready, values={**ready.values, **more})
    token = secrets.token_urlsafe(32) if ready.credentials is not None else ""

    def attempt() -> RunEnd:
        with RunLock(locks, secrets.token_hex(8)) as lock:
            try:
                network = host_config(request.network, engine.kind)
                plan = _plan(request, ready, images, lock, files, network, token)
                aside(lambda: check_init(plan, engine, around.environment), around.waiter)
            except RunnerError:
                lock.forget()
                raise
            end, left = _follow(request, ready, engine, plan, around, token)
            if not left:
                lock.forget()
        return end

    return run_attempts(attempt, around.waiter, around.tell)


def _images(request: LocalRequest, ready: Prepared, engine: Engine, around: Surroundings) -> dict[str, ImageFacts]:
    builder = BestBuilder(engine, around.environment)
    elsewhere = partial(image_folder, folder=ready.project.root, environment=around.environment)
    images = Images(engine, builder, ready.project, around.tell, around.waiter, elsewhere)
    given = {name or ready.batch.manifest.container: image for name, image in request.images.items()}
    known = [str(container.get("name")) for container in ready.batch.containers]
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
    if plan is None or FILES_CONTAINER in request.images:
        return ready, []
    staged = ready.staged.of(ready.batch.manifest.container) if ready.staged is not None else {}
    return replace(ready, batch=without(ready.batch, {FILES_CONTAINER})), render(
        ready.batch, plan, {**ready.values, **staged}
    )


def _plan(
    request: LocalRequest,
    ready: Prepared,
    images: Mapping[str, ImageFacts],
    lock: RunLock,
    files: Mapping[str, bytes],
    network: Mapping[str, Any],
    token: str,
) -> TaskPlan:
    manifest = ready.batch.manifest
    relay = relay_ports(request.network, reports=ready.recorder is not None, requests=_serves(request, ready))
    reports, requests = relay or (0, 0)

    def added(container: str) -> dict[str, str]:
        variables = dict(ready.staged.of(container)) if ready.staged is not None else {}
        if requests:
            variables |= endpoint.variables(container, manifest.region, requests, token)
        if ready.recorder is not None:
            variables |= ready.recorder.variables(reports)
        return variables

    labels = {
        RUN: request.run,
        PROJECT: manifest.project,
        STAGE: manifest.stage,
        BATCH: manifest.batch,
        LOCK: lock.name,
    }
    return plan_task(
        ready.batch,
        ready.values,
        images,
        command=request.command,
        size=Size(cpu=request.cpu, memory=request.memory) if request.cpu else None,
        labels=labels,
        prefix=f"batchwright-{manifest.batch}-{lock.name[:8]}",
        files=files,
        network=network,
        relay=relay,
        added=added,
        in_memory=ready.staged is not None,
    )


def _serves(request: LocalRequest, ready: Prepared) -> bool:
    """Whether the task has ECS's endpoint: where it has a network of its own, and someone in it may ask."""
    return ready.credentials is not None or (len(ready.batch.containers) > 1 and request.network != "host")


def _follow(
    request: LocalRequest, ready: Prepared, engine: Engine, plan: TaskPlan, around: Surroundings, token: str
) -> tuple[RunEnd, list[str]]:
    waiter, output, manifest = around.waiter, around.output, ready.batch.manifest
    timeout = request.timeout or manifest.timeout_seconds
    limits = Limits(
        deadline=waiter.now() + timeout,
        timeout=timeout,
        stop_timeout=sum(container.stop_timeout for container in plan.containers),
        container=plan.main,
        runner=Whereabouts.here(),
    )
    names = [container.name for container in plan.containers if container.name != plan.main]
    others = names if request.all_containers else []
    handlers = _handlers(ready, plan, token)
    task = ContainerTask(engine, plan, shown=[plan.main, *others], waiter=waiter, handlers=handlers)
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
        left = task.finish(hurry=hurry, say=around.tell.note)
    for container in task.containers:
        output.put(task.rest(container), f"{container} | ".encode() if others else b"")
    if left:
        around.tell.note(f"may still be there: {', '.join(left)}\nthe next run with --local removes it")
    end = RunEnd(
        verdict=verdict(ending),
        manifest=manifest,
        task=task.name,
        state=follower.state,
        ending=ending,
        incomplete=follower.incomplete or task.incomplete,
        extra={"backend": engine.name, "containers": task.codes},
    )
    return end if end.succeeded else replace(end, facts=_codes(task, all_shown=request.all_containers)), left


def _handlers(ready: Prepared, plan: TaskPlan, token: str) -> Handlers | None:
    """What is done with what comes out of the task's own network."""
    if plan.relay is None:
        return None
    started = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    family = str(ready.batch.task.get("family", ""))
    found = endpoint.metadata(ready.batch.manifest, plan, family, started)
    take = ready.recorder.take if ready.recorder is not None else _ignore
    return Handlers(take, endpoint.Endpoint(found, ready.credentials, token).answer)


def _ignore(datagram: bytes) -> None:
    """Takes what no one records."""


def _codes(task: ContainerTask, *, all_shown: bool) -> list[str]:
    """What to say of the containers' own codes, where a task has several."""
    if len(task.codes) < 2:
        return []
    codes = [f"{name} {'-' if code is None else code}" for name, code in task.codes.items()]
    more = [] if all_shown else ["see the other containers' logs too: --all-containers"]
    return [f"exit codes: {', '.join(codes)}", *more]
