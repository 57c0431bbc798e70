"""Runs one batch in containers of this machine."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from batchwright_runner.contract.files_plan import FilesError, RenderedFile
from batchwright_runner.contract.names import FILES_CONTAINER
from batchwright_runner.contract.task_size import Size
from batchwright_runner.errors import RunnerError, StartError, UsageError
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.variables import refuse_undecoded
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.host.terminal.live_line import local_line
from batchwright_runner.host.terminal.text import did_you_mean
from batchwright_runner.workbench.local.attempts import aside, container_pace, follow_here
from batchwright_runner.workbench.local.config_files import archives, files_of
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import EngineError, ImageFacts
from batchwright_runner.workbench.local.containers.ground import BATCH, LOCK, PROJECT, RUN, STAGE, sweep
from batchwright_runner.workbench.local.containers.images import Images, run_program
from batchwright_runner.workbench.local.containers.network import check_network, host_config, proofs, recorder_address
from batchwright_runner.workbench.local.containers.task import ContainerTask
from batchwright_runner.workbench.local.containers.task_plan import TaskPlan, file_systems, plan_task, shares_network
from batchwright_runner.workbench.local.request import Attempt, Prepared, without
from batchwright_runner.workbench.local.run_lock import RunLock, locks_folder
from batchwright_runner.workbench.project.batches import main_container


def ready_in_containers(ready: Prepared, engine: Engine, around: Surroundings) -> tuple[Attempt, str]:
    """Prepares the images of a batch.

    Returns what runs it, follows it to its end, and leaves nothing behind; and where the recorder listens, if a way
    leads there.
    """
    refuse_undecoded(ready.values, ready.request.command)
    ready, files = _files(ready)
    locks = locks_folder(around.environment)
    try:
        for left in aside(lambda: sweep(engine, locks), around.waiter):
            around.tell.note(left)
        if note := aside(lambda: check_network(ready.request.network, engine), around.waiter):
            around.tell.note(note)
        images, pause = _images(ready, engine, around, in_memory=ready.staged is not None and bool(files))
        address, host = recorder_address(ready.request.network, engine) if ready.recorder is not None else ("", "")
    except EngineError as error:
        raise StartError(f"{engine.name} fails: {error}", again="safe") from error
    if files:
        around.tell.note(f"rendered {', '.join(file.path for file in files)}")
    if empty := file_systems(ready.batch):
        mounts = main_container(ready.batch).get("mountPoints") or ()
        places = [str(mount["containerPath"]) for mount in mounts if mount.get("sourceVolume") in empty]
        where = ", ".join(places) or "of a sidecar"
        around.tell.note(f"EFS {where}: an empty volume on this machine, gone with the run")
    return partial(_attempt, ready, engine, _Given(images, pause, archives(files), host)), address


@dataclass(frozen=True, slots=True)
class _Given:
    """What all attempts of a run have in common."""

    images: Mapping[str, ImageFacts]
    pause: str
    files: Mapping[str, bytes]
    # What the batch calls the recorder's address; empty where nothing is recorded, or no way leads out
    host: str


def _attempt(
    ready: Prepared, engine: Engine, given: _Given, around: Surroundings, more: Mapping[str, str], port: int
) -> RunEnd:
    ready = replace(ready, values={**ready.values, **more})
    if ready.recorder is not None:
        ready.recorder.address = f"{given.host}:{port}" if port else "any address: the batch has no network"
    lock = RunLock(locks_folder(around.environment), secrets.token_hex(8))
    plan = _plan(ready, engine, given, port, lock.name)
    with lock:
        end, leftovers = _follow(ready, engine, plan, around)
        if not leftovers:
            lock.forget()
    return end


def _images(
    ready: Prepared, engine: Engine, around: Surroundings, *, in_memory: bool
) -> tuple[dict[str, ImageFacts], str]:
    """The images of its containers, and that of one that only waits; empty where none is needed."""
    images = Images(engine, ready.project, around.environment, around.tell, around.waiter, run_program)
    replacements = {name or ready.batch.manifest.container: image for name, image in ready.request.images.items()}
    names = [str(container.get("name")) for container in ready.batch.containers]
    for name in replacements:
        if name not in names:
            raise UsageError(
                f"--image {name}=… is refused: {ready.request.name} has no container {name}",
                hint=did_you_mean(name, names),
            )
    network = host_config(ready.request.network, engine.kind)
    pauses = in_memory or (engine.kind == "docker" and shares_network(len(names), network))

    def find() -> tuple[dict[str, ImageFacts], str]:
        found = images.of(ready.batch, ready.siblings, replacements)
        return found, images.pause() if pauses else ""

    with local_line(around.console, "preparing the image") as line:
        return aside(find, around.waiter, line.tick)


def _files(ready: Prepared) -> tuple[Prepared, list[RenderedFile]]:
    """Renders the config files here, so that the runner's image is not needed, unless that was given for this run."""
    plan = files_of(ready.batch)
    if plan is None or FILES_CONTAINER in ready.request.images:
        return ready, []
    staged = ready.staged.of(ready.batch.manifest.container) if ready.staged is not None else {}
    try:
        rendered = plan.render({**ready.values, **staged})
    except FilesError as error:
        raise RunnerError(f"{ready.batch.manifest.batch} cannot run here: {error}") from error
    return replace(ready, batch=without(ready.batch, {FILES_CONTAINER})), rendered


def _plan(ready: Prepared, engine: Engine, given: _Given, port: int, lock: str) -> TaskPlan:
    manifest, request, recorder = ready.batch.manifest, ready.request, ready.recorder if port else None

    def added(container: str) -> dict[str, str]:
        variables = dict(ready.staged.of(container)) if ready.staged is not None else {}
        if ready.role is not None:
            variables |= ready.role.variables
        if recorder is not None:
            variables |= recorder.variables(given.host, port)
        return variables

    whose = {RUN: request.run.text, PROJECT: manifest.project, STAGE: manifest.stage, BATCH: manifest.batch}
    plan = plan_task(
        ready.batch,
        ready.values,
        given.images,
        command=request.command,
        size=Size(cpu=request.cpu, memory=request.memory) if request.cpu else None,
        prefix=f"batchwright-{manifest.batch}-{lock[:8]}",
        files=given.files,
        added=added,
    )
    return replace(
        plan,
        labels={**whose, LOCK: lock},
        network=host_config(request.network, engine.kind),
        in_memory=ready.staged is not None,
        pause=given.pause,
        proofs=proofs(recorder.proof, given.host, port) if recorder is not None else (),
    )


def _follow(ready: Prepared, engine: Engine, plan: TaskPlan, around: Surroundings) -> tuple[RunEnd, list[str]]:
    names = [container.name for container in plan.containers if container.name != plan.main]
    others = names if ready.request.all_containers else []
    task = ContainerTask(engine, plan, shown=[plan.main, *others], waiter=around.waiter, say=around.tell.note)
    longest = sum(container.stop_timeout for container in plan.containers)
    hurry = True
    try:
        task.begin()
        end = follow_here(task, ready, around, stop_timeout=longest, pace=container_pace(), backend=engine.name)
        hurry = end.ending is None or not end.ending.ended or bool(end.ending.left)
    finally:
        leftovers = task.finish(hurry=hurry)
    for container in task.containers:
        around.output.put(task.rest(container), f"{container} | ".encode() if others else b"")
    if leftovers:
        around.tell.note(f"may still be there: {', '.join(leftovers)}\nthe next run with --local removes it")
    extra = {**end.extra, "containers": task.codes}
    facts = [] if end.succeeded else _codes(task, all_shown=ready.request.all_containers)
    return replace(end, incomplete=end.incomplete or task.incomplete, extra=extra, facts=facts), leftovers


def _codes(task: ContainerTask, *, all_shown: bool) -> list[str]:
    """The containers' own codes for people, where a task has several."""
    if len(task.codes) < 2:
        return []
    codes = [f"{name} {'-' if code is None else code}" for name, code in task.codes.items()]
    more = [] if all_shown else ["see the other containers' logs too: --all-containers"]
    return [f"exit codes: {', '.join(codes)}", *more]
