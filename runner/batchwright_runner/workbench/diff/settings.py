"""What is said of the fields of a batch's manifest, and of what else its file has. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from batchwright_runner.contract.batch_file import UNKNOWN_GROUP, UNKNOWN_SUBNET
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.workbench.diff.batch import BatchPair, DeclaredPair
from batchwright_runner.workbench.diff.change import ChangeList, Kind, When
from batchwright_runner.workbench.diff.images import image_changes
from batchwright_runner.workbench.diff.watched import SAID
from batchwright_runner.workbench.diff.wording import became, leaves

_LATER = "<what only the deployment knows>"
_Say = Callable[[Any, Any], tuple[Kind, str, When]]


def _both(kind: Kind, text: str, of: Callable[[Any], str] = str) -> _Say:
    """Says both values in a text, ``timeout {} → {}``, each written by a function."""
    return lambda old, new: (kind, text.format(of(old), of(new)), When.RUN)


def _plain(kind: Kind, what: str, when: When = When.RUN) -> _Say:
    return lambda old, new: (kind, f"{what}: {became(_flat(old), _flat(new))}", when)


def _ids(what: str) -> _Say:
    return lambda old, new: (Kind.NETWORK, f"{what}: {became(_known(old), _known(new))}", When.RUN)


def _known(ids: Sequence[str]) -> Sequence[str]:
    """Ids; of those that only a deployment knows, such as that of a batch's own security group, no more than that."""
    return list(dict.fromkeys(_LATER if id in (UNKNOWN_SUBNET, UNKNOWN_GROUP) else id for id in ids))


def _overlap(old: str, new: str) -> tuple[Kind, str, When]:
    words = {
        "allow": "runs too",
        "forbid": "is refused (exit code 123)",
        "wait": "waits for its end",
    }
    text = f"a run while another is in progress now {words.get(new, new)} (overlap {old} → {new})"
    return Kind.RUN, text, When.RUN


def _wait(pair: BatchPair, said: ChangeList) -> None:
    """How long a run waits for another one's end; where no time is given, as long as its timeout."""
    old, new = (
        side.manifest.overlap_wait_seconds or side.manifest.timeout_seconds if side.manifest.overlap == "wait" else 0
        for side in (pair.before, pair.after)
    )
    if old != new and new:
        said.say(Kind.RUN, f"longest wait for another run {_or_none(old)} → {format_duration(new)}")


def _or_none(seconds: int) -> str:
    return format_duration(seconds) if seconds else "none"


def _protected(_old: bool, new: bool) -> tuple[Kind, str, When]:
    text = "its stage is now protected" if new else "its stage is no longer protected: nothing asks before a change"
    return Kind.RUN, text, When.DEPLOY


_FIELDS: Mapping[str, _Say] = {
    "owner": _plain(Kind.ABOUT, "owner", When.WORDS),
    "description": _plain(Kind.ABOUT, "description", When.WORDS),
    "runbook": _plain(Kind.ABOUT, "runbook", When.WORDS),
    "cluster": _plain(Kind.NETWORK, "cluster"),
    "container": _plain(Kind.CONTAINER, "main container"),
    "essential": _plain(Kind.CONTAINER, "other containers whose end ends the task"),
    "subnets": _ids("subnets"),
    "security_groups": _ids("security groups"),
    "assign_public_ip": _plain(Kind.NETWORK, "a public address"),
    "capacity": _plain(Kind.SIZE, "capacity"),
    "platform_version": _plain(Kind.SIZE, "Fargate platform version"),
    "log_group": _both(Kind.RUN, "log group {} → {}; what has been logged stays in the old one while that exists"),
    "architecture": _both(
        Kind.SIZE, "CPU architecture {} → {}: its image must be built for that and released before the deployment"
    ),
    "key": _plain(Kind.VALUE, "key of its secrets"),
    "timeout_seconds": _both(Kind.RUN, "timeout {} → {}", format_duration),
    "retries": _plain(Kind.RUN, "retries"),
    "retry_on": _plain(Kind.RUN, "retries on"),
    "retry_delay_seconds": _both(Kind.RUN, "pause before a retry {} → {}", _or_none),
    "overlap": _overlap,
    "machine": _plain(Kind.SCHEDULE, "state machine", When.DEPLOY),
    "protected": _protected,
}
_SAID_ELSEWHERE = {
    *("schema", "runner", "project", "stage", "batch"),
    *("schedule", "scheduler"),  # in schedules.py
    *("parameters", "secrets"),  # in variables.py
    *("image", "files_image"),  # in images.py
    *("options", "overlap_wait_seconds", "stop_timeout_seconds"),  # below, and in task.py
    *("account", "region", "task_definition", "timezone"),  # below
}
_FILE_SAID_ELSEWHERE = {
    *("format", "manifest", "task", "parameters", "permissions", "access", "package", "source"),
    "startable",  # in access.py
    *("watch", *SAID),  # in watched.py
}


def setting_changes(pair: BatchPair, said: ChangeList) -> None:
    """Says what differs."""
    old, new = pair.before.values, pair.after.values
    for name in dict.fromkeys([*_FIELDS, *old, *new]):
        if name not in _SAID_ELSEWHERE and old.get(name) != new.get(name):
            for kind, text, when in said_of(name, old.get(name), new.get(name)):
                said.say(kind, text, when)
    _place(pair, said)
    image_changes(pair, said)
    option_changes(pair, said)
    _wait(pair, said)
    _stop_timeout(pair, said)
    _rest_of_file(pair, said)


def said_of(name: str, old: Any, new: Any) -> list[tuple[Kind, str, When]]:  # noqa: ANN401 - the fields' types
    """What is said of a field of a batch's or a workflow's record: kind, text, and when it takes effect."""
    if name in _FIELDS and old is not None and new is not None:
        return [_FIELDS[name](old, new)]
    words = name.replace("_", " ")
    return [
        (Kind.RUN, f"{words}{f' {path}' if path else ''}: {became(before, after)}", When.RUN)
        for path, before, after in leaves(_flat(old), _flat(new))
    ]


def _flat(value: Any) -> Any:  # noqa: ANN401 - the fields' types
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, tuple):
        return [_flat(item) for item in value]
    return dict(value) if isinstance(value, Mapping) else value


def _place(pair: BatchPair, said: ChangeList) -> None:
    old, new = pair.before.manifest, pair.after.manifest
    for name in ("account", "region"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            text = f"{name} {before} → {after}: it is made again there, and what is deployed in {before} stays there"
            said.say(Kind.NETWORK, text, When.DEPLOY)
    if old.timezone != new.timezone and old.timezone and new.timezone:
        said.say(Kind.ABOUT, f"time zone in which its times are shown: {old.timezone} → {new.timezone}", When.WORDS)
    families = [manifest.task_definition.rpartition("/")[2].rpartition(":")[0] for manifest in (old, new)]
    if families[0] != families[1]:
        said.say(Kind.RUN, f"family of its task definitions: {became(*families)}")


def option_changes(pair: DeclaredPair, said: ChangeList) -> None:
    """Says what differs of what may be said of one run."""
    old, new = ({option.name: option for option in side.manifest.options} for side in (pair.before, pair.after))
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            said.say(Kind.RUN, f"no longer has the option {name}: a run that gives it is refused")
        elif name not in old:
            said.say(Kind.RUN, f"new option {name}")
        elif old[name] != new[name]:
            for path, before, after in leaves(asdict(old[name]), asdict(new[name])):
                said.say(Kind.RUN, f"option {name}, {path}: {became(_flat(before), _flat(after))}")


def _stop_timeout(pair: BatchPair, said: ChangeList) -> None:
    old, new = (side.manifest.stop_timeout_seconds for side in (pair.before, pair.after))
    if old != new and pair.before.main.get("stopTimeout") == pair.after.main.get("stopTimeout"):
        said.say(Kind.RUN, f"seconds to end after SIGTERM: {became(old, new)}")


def _rest_of_file(pair: BatchPair, said: ChangeList) -> None:
    old, new = pair.before.raw, pair.after.raw
    for name in ("package", "source"):
        if old.get(name) != new.get(name):
            what = "declared in" if name == "package" else "source of its image"
            said.say(Kind.ABOUT, f"{what}: {became(old.get(name), new.get(name))}", When.STAY)
    for name in dict.fromkeys([*old, *new]):
        if name not in _FILE_SAID_ELSEWHERE:
            _any(name.replace("_", " "), list(leaves(old.get(name), new.get(name))), said)


def _any(name: str, found: Sequence[tuple[str, Any, Any]], said: ChangeList) -> None:
    for path, before, after in found:
        said.say(Kind.ABOUT, f"{name}{f' {path}' if path else ''}: {became(before, after)}", When.WORDS)
