"""The changes of the fields of a batch's manifest, and of what else its file has. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from batchwright_runner.contract.batch_file import UNKNOWN_GROUP, UNKNOWN_SUBNET
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.workbench.diff.batch import BatchPair, DeclaredPair
from batchwright_runner.workbench.diff.change import ChangeList, Topic, When
from batchwright_runner.workbench.diff.images import image_changes
from batchwright_runner.workbench.diff.watched import FIELDS
from batchwright_runner.workbench.diff.wording import became, differing

_LATER = "<what only the deployment knows>"
_Words = Callable[[Any, Any], tuple[Topic, str, When]]


def _both(kind: Topic, text: str, of: Callable[[Any], str] = str) -> _Words:
    """Both values in a text, ``timeout {} → {}``, each written by a function."""
    return lambda old, new: (kind, text.format(of(old), of(new)), When.RUN)


def _plain(kind: Topic, title: str, when: When = When.RUN) -> _Words:
    return lambda old, new: (kind, f"{title}: {became(_flat(old), _flat(new))}", when)


def _ids(title: str) -> _Words:
    return lambda old, new: (Topic.NETWORK, f"{title}: {became(_known(old), _known(new))}", When.RUN)


def _known(ids: Sequence[str]) -> Sequence[str]:
    """Ids; of those that only a deployment knows, such as that of a batch's own security group, no more than that."""
    return list(dict.fromkeys(_LATER if id in (UNKNOWN_SUBNET, UNKNOWN_GROUP) else id for id in ids))


def _overlap(old: str, new: str) -> tuple[Topic, str, When]:
    words = {"allow": "runs too", "forbid": "is refused (exit code 123)", "wait": "waits for its end"}
    text = f"a run while another is in progress now {words.get(new, new)} (overlap {old} → {new})"
    return Topic.RUN, text, When.RUN


def _wait(pair: BatchPair, changes: ChangeList) -> None:
    """How long a run waits for another one's end; where no time is given, as long as its timeout."""
    old, new = (
        side.manifest.overlap_wait_seconds or side.manifest.timeout_seconds if side.manifest.overlap == "wait" else 0
        for side in (pair.before, pair.after)
    )
    if old != new and new:
        changes.add(Topic.RUN, f"longest wait for another run {_or_none(old)} → {format_duration(new)}")


def _or_none(seconds: int) -> str:
    return format_duration(seconds) if seconds else "none"


def _protected(_old: bool, new: bool) -> tuple[Topic, str, When]:
    text = "its stage is now protected" if new else "its stage is no longer protected: nothing asks before a change"
    return Topic.RUN, text, When.DEPLOY


_FIELDS: Mapping[str, _Words] = {
    "owner": _plain(Topic.ABOUT, "owner", When.WORDS),
    "description": _plain(Topic.ABOUT, "description", When.WORDS),
    "runbook": _plain(Topic.ABOUT, "runbook", When.WORDS),
    "cluster": _plain(Topic.NETWORK, "cluster"),
    "container": _plain(Topic.CONTAINER, "main container"),
    "essential": _plain(Topic.CONTAINER, "other containers whose end ends the task"),
    "subnets": _ids("subnets"),
    "security_groups": _ids("security groups"),
    "assign_public_ip": _plain(Topic.NETWORK, "a public address"),
    "capacity": _plain(Topic.SIZE, "capacity"),
    "platform_version": _plain(Topic.SIZE, "Fargate platform version"),
    "log_group": _both(Topic.RUN, "log group {} → {}; what has been logged stays in the old one while that exists"),
    "architecture": _both(
        Topic.SIZE, "CPU architecture {} → {}: its image must be built for that and released before the deployment"
    ),
    "key": _plain(Topic.VALUE, "key of its secrets"),
    "timeout_seconds": _both(Topic.RUN, "timeout {} → {}", format_duration),
    "retries": _plain(Topic.RUN, "retries"),
    "retry_on": _plain(Topic.RUN, "retries on"),
    "retry_delay_seconds": _both(Topic.RUN, "pause before a retry {} → {}", _or_none),
    "overlap": _overlap,
    "machine": _plain(Topic.SCHEDULE, "state machine", When.DEPLOY),
    "protected": _protected,
    "unfinished": _plain(Topic.SCHEDULE, "left to do before it is exported", When.DEPLOY),
}
_ELSEWHERE = {
    *("schema", "runner", "project", "stage", "batch"),
    *("schedule", "scheduler"),  # in schedules.py
    *("parameters", "secrets"),  # in variables.py
    *("image", "files_image"),  # in images.py
    *("options", "overlap_wait_seconds", "stop_timeout_seconds"),  # below, and in task.py
    *("account", "region", "task_definition", "timezone"),  # below
}
_FILE_ELSEWHERE = {
    *("format", "manifest", "task", "parameters", "permissions", "access", "package", "source"),
    "startable",  # in access.py
    *("watch", *FIELDS),  # in watched.py
}


def setting_changes(pair: BatchPair, changes: ChangeList) -> None:
    """Adds what differs."""
    for name, old, new in differing({**dict.fromkeys(_FIELDS), **pair.before.values}, pair.after.values):
        if name not in _ELSEWHERE:
            field_changes(name, old, new, changes)
    _place(pair, changes)
    image_changes(pair, changes)
    option_changes(pair, changes)
    _wait(pair, changes)
    _stop_timeout(pair, changes)
    _rest_of_file(pair, changes)


def field_changes(name: str, old: Any, new: Any, changes: ChangeList) -> None:  # noqa: ANN401 - the fields' types
    """Adds what differs of a field of a batch's or a workflow's record."""
    if name in _FIELDS and old is not None and new is not None:
        changes.add(*_FIELDS[name](old, new))
    else:
        changes.add_leaves(Topic.RUN, name.replace("_", " "), _flat(old), _flat(new))


def _flat(value: Any) -> Any:  # noqa: ANN401 - the fields' types
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, tuple):
        return [_flat(item) for item in value]
    return dict(value) if isinstance(value, Mapping) else value


def _place(pair: BatchPair, changes: ChangeList) -> None:
    old, new = pair.before.manifest, pair.after.manifest
    for name in ("account", "region"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            text = f"{name} {before} → {after}: it is made again there, and what is deployed in {before} stays there"
            changes.add(Topic.NETWORK, text, When.DEPLOY)
    if old.timezone != new.timezone and old.timezone and new.timezone:
        changes.add(Topic.ABOUT, f"time zone in which its times are shown: {old.timezone} → {new.timezone}", When.WORDS)
    families = [manifest.task_definition.rpartition("/")[2].rpartition(":")[0] for manifest in (old, new)]
    if families[0] != families[1]:
        changes.add(Topic.RUN, f"family of its task definitions: {became(*families)}")


def option_changes(pair: DeclaredPair, changes: ChangeList) -> None:
    """Adds what differs of the options of a run."""
    options = [{option.name: option for option in side.manifest.options} for side in (pair.before, pair.after)]
    for name, old, new in differing(*options):
        if new is None:
            changes.add(Topic.RUN, f"no longer has the option {name}: a run that gives it is refused")
        elif old is None:
            changes.add(Topic.RUN, f"new option {name}")
        else:
            changes.add_leaves(Topic.RUN, f"option {name},", asdict(old), asdict(new))


def _stop_timeout(pair: BatchPair, changes: ChangeList) -> None:
    old, new = (side.manifest.stop_timeout_seconds for side in (pair.before, pair.after))
    if old != new and pair.before.main.get("stopTimeout") == pair.after.main.get("stopTimeout"):
        changes.add(Topic.RUN, f"seconds to end after SIGTERM: {became(old, new)}")


def _rest_of_file(pair: BatchPair, changes: ChangeList) -> None:
    before, after = pair.before.raw, pair.after.raw
    for name, title in (("package", "declared in"), ("source", "source of its image")):
        if before.get(name) != after.get(name):
            text = f"{title}: {became(before.get(name), after.get(name))}"
            changes.add(Topic.ABOUT, text, When.STAY)
    for name, old, new in differing(before, after):
        if name not in _FILE_ELSEWHERE:
            changes.add_leaves(Topic.ABOUT, name.replace("_", " "), old, new, When.WORDS)
