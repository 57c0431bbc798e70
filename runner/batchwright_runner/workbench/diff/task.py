"""The changes of a batch's task definition: its size and what that costs, and its containers. Pure."""

from batchwright_runner.contract.sizes import GIB
from batchwright_runner.host.cost.cost import NOT_IN_IT, Cost, of_hour
from batchwright_runner.workbench.diff.batch import BatchPair, BatchSide, Raw
from batchwright_runner.workbench.diff.change import ChangeList, Topic, When
from batchwright_runner.workbench.diff.variables import sidecar_changes
from batchwright_runner.workbench.diff.wording import became, became_command, command_line, differing, leaves, shown
from batchwright_runner.workbench.page.batch import size_of

_ELSEWHERE = {
    *("family", "taskRoleArn", "executionRoleArn", "runtimePlatform", "containerDefinitions"),
    *("cpu", "memory", "ephemeralStorage"),
}
_OF_MAIN = {"name", "environment", "secrets", "command", "image", "stopTimeout"}
_OF_SIDECAR = {"name", "environment", "secrets", "command"}
_WORDS = {
    "entryPoint": "entry point",
    "user": "user",
    "workingDirectory": "working directory",
    "readonlyRootFilesystem": "read-only root file system",
    "stopTimeout": "seconds to end after SIGTERM",
    "essential": "its end ends the task",
    "image": "image",
    "cpu": "CPU units",
    "memory": "MiB of memory",
    "linuxParameters.initProcessEnabled": "init process",
}


def task_changes(pair: BatchPair, changes: ChangeList) -> None:
    """Adds what differs, without variables and roles of the batch."""
    _sizes(pair, changes)
    for key, old, new in differing(pair.before.task, pair.after.task):
        if key not in _ELSEWHERE:
            changes.add_leaves(Topic.CONTAINER, "task definition,", old, new, path=key)
    before, after = ({**(side.task.get("runtimePlatform") or {})} for side in (pair.before, pair.after))
    for platform in (before, after):
        platform.pop("cpuArchitecture", None)  # the manifest has it
    changes.add_leaves(Topic.CONTAINER, "task definition,", before, after, path="runtimePlatform")
    for key, name in (("taskRoleArn", "task role"), ("executionRoleArn", "execution role")):
        old, new = (side.task.get(key) for side in (pair.before, pair.after))
        if old != new:
            text = f"acts with another {name}: {became(old, new)}"
            is_same = str(old).partition(":role/")[2] == str(new).partition(":role/")[2] != ""  # in another account
            if is_same:
                changes.add(Topic.CONTAINER, text)
            else:
                changes.permission(text, broader=True, when=When.RUN)
    _containers(pair, changes)


def _sizes(pair: BatchPair, changes: ChangeList) -> None:
    old, new = pair.before.task, pair.after.task
    if old.get("cpu") != new.get("cpu"):
        changes.add(Topic.SIZE, f"CPU {vcpu(old.get('cpu'))} → {vcpu(new.get('cpu'))}")
    if old.get("memory") != new.get("memory"):
        changes.add(Topic.SIZE, f"memory {memory(old.get('memory'))} → {memory(new.get('memory'))}")
    disks = [(task.get("ephemeralStorage") or {}).get("sizeInGiB", 20) for task in (old, new)]
    if disks[0] != disks[1]:
        changes.add(Topic.SIZE, f"disk {disks[0]} GiB → {disks[1]} GiB")


def vcpu(units: object) -> str:
    """CPU units of a task as people say them: ``0.5 vCPU``."""
    text = str(units)
    return f"{int(text) / 1024:g} vCPU" if text.isdecimal() else shown(units)


def memory(mebibytes: object) -> str:
    """Memory of a task: ``512 MiB``, ``2 GiB``."""
    text = str(mebibytes)
    if not text.isdecimal():
        return shown(mebibytes)
    return f"{int(text) // GIB} GiB" if int(text) % GIB == 0 else f"{text} MiB"


def _containers(pair: BatchPair, changes: ChangeList) -> None:
    main = {pair.before.manifest.container, pair.after.manifest.container}
    _main(pair, changes)
    for name, old, new in differing(pair.before.containers, pair.after.containers):
        if name in main:
            continue
        if new is None:
            changes.add(Topic.CONTAINER, f"no longer has the container {name}")
        elif old is None:
            _new_sidecar(pair, name, new, changes)
        else:
            _sidecar(pair, name, old, new, changes)


def _main(pair: BatchPair, changes: ChangeList) -> None:
    before, after = pair.before.main, pair.after.main
    if before.get("command") != after.get("command"):
        changes.add(Topic.RUN, f"command: {became_command(before.get('command'), after.get('command'))}")
    if before.get("stopTimeout") != after.get("stopTimeout"):
        changes.add(
            Topic.RUN, f"seconds to end after SIGTERM: {became(before.get('stopTimeout'), after.get('stopTimeout'))}"
        )
    _others("", before, after, _OF_MAIN, changes)


def new_sidecars(pair: BatchPair, changes: ChangeList) -> None:
    """Adds what other containers a batch has that is new altogether, and all that they get."""
    for name, container in pair.after.containers.items():
        if name != pair.after.manifest.container:
            _new_sidecar(pair, name, container, changes)


def _new_sidecar(pair: BatchPair, name: str, container: Raw, changes: ChangeList) -> None:
    text = (
        f"new container {name}: image {shown(container.get('image'))}, command {command_line(container.get('command'))}"
    )
    changes.add(Topic.CONTAINER, text)
    known = {"name", "image", "command"}
    if container.get("logConfiguration") == pair.after.main.get("logConfiguration"):
        known.add("logConfiguration")  # its log goes where the batch's log goes
    _sidecar(pair, name, {key: container[key] for key in container if key in known}, container, changes)


def _sidecar(pair: BatchPair, name: str, before: Raw, after: Raw, changes: ChangeList) -> None:
    lead = f"container {name}, "
    if before.get("command") != after.get("command"):
        text = f"{lead}command: {became_command(before.get('command'), after.get('command'))}"
        changes.add(Topic.CONTAINER, text)
    sidecar_changes(pair, name, before, after, changes)
    _others(lead, before, after, _OF_SIDECAR, changes)


def _others(lead: str, before: Raw, after: Raw, but: set[str], changes: ChangeList) -> None:
    rest = [{key: container[key] for key in container if key not in but} for container in (before, after)]
    for path, old, new in leaves(rest[0], rest[1]):
        changes.add(Topic.CONTAINER, f"{lead}{_WORDS.get(path, path)}: {became(old, new)}")


def cost_changes(pair: BatchPair, changes: ChangeList) -> None:
    """Adds what an hour of running costs, where another size or another place has another price."""
    before, after = _cost(pair.before), _cost(pair.after)
    if (before.dollars, before.why) == (after.dollars, after.why):
        return
    if before.dollars is None or after.dollars is None:
        text = f"an hour of running: {_of(before)} → {_of(after)}"
    else:
        share = round(100 * (after.dollars / before.dollars - 1))
        text = f"an hour of running: {_of(before)} → {_of(after)} ({share:+d} %; {_table(after)})"
    changes.add(Topic.COST, text, When.RUN)


def first_cost(side: BatchSide, changes: ChangeList) -> None:
    """Adds what an hour of running costs of a batch that is new."""
    cost = _cost(side)
    table = f" ({_table(cost)})" if cost.dollars is not None else ""
    changes.add(Topic.COST, f"an hour of running: {_of(cost)}{table}", When.DEPLOY)


def _cost(side: BatchSide) -> Cost:
    return of_hour(size_of(side.task, side.manifest), side.manifest.region)


def _of(cost: Cost) -> str:
    return cost.words if cost.dollars is not None else f"not known, {cost.why}"


def _table(cost: Cost) -> str:
    return f"Fargate's list price of {cost.date}; {NOT_IN_IT}"
