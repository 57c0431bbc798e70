"""The changes of the rest of a batch's file: how long it takes, its alerts, what it reads and writes. Pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.notices.rules import Ask
from batchwright_runner.workbench.diff.batch import DeclaredPair, Raw
from batchwright_runner.workbench.diff.change import ChangeList, Topic, When
from batchwright_runner.workbench.diff.wording import became, listed, shown

WATCH = ("expected_seconds", "window_seconds", "alerts")
"""What the record of what is watched has beside schedule and scheduler, which the manifest has too."""
ALERTS = ("off", "after_failures", "lines", "channel")
"""What a batch asks of its stage's alerts."""
FIELDS = ("reads", "writes", "rundeck_uuid", "declared_at")
"""The other fields of a batch's file that are compared here."""
PLACES = ("at", "declared_at")
"""The keys of what says where in the project something was written."""
_LINE = re.compile(r":\d+$")
GRANTS_NOTHING = "this documents, and grants nothing"


def watch_changes(pair: DeclaredPair, changes: ChangeList) -> None:
    """Adds what differs of what is watched, of what it works on, and of where it is declared."""
    old, new = (_watch(side.raw) for side in (pair.before, pair.after))
    for key, say in ((WATCH[0], _expected), (WATCH[1], _window)):
        if old.get(key) != new.get(key):
            changes.add(Topic.SCHEDULE, say(old.get(key), new.get(key)), When.DEPLOY)
    for text in _alerts(*(Ask.of(_mapping(watch.get("alerts"))) for watch in (old, new))):
        changes.add(Topic.ALERT, text, When.DEPLOY)
    for key, verb in (("reads", "read"), ("writes", "write")):
        for text in _edges(verb, *(_texts(side.raw.get(key)) for side in (pair.before, pair.after))):
            changes.add(Topic.ABOUT, text, When.WORDS)
    changes.add_leaves(Topic.ABOUT, "watch", _unknown(old), _unknown(new), When.DEPLOY)
    _about(pair, changes)


def _unknown(watch: Mapping[str, Any]) -> dict[str, Any]:
    """What a newer library may have written of what is watched: all that has no sentence here."""
    rest = {key: value for key, value in watch.items() if key not in ("schedule", "scheduler", *WATCH)}
    alerts = {key: value for key, value in _mapping(watch.get("alerts")).items() if key not in ALERTS}
    return {**rest, **({"alerts": alerts} if alerts else {})}


def _watch(raw: Raw) -> Mapping[str, Any]:
    return _mapping(raw.get("watch"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: object) -> Sequence[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def _expected(old: int | None, new: int | None) -> str:
    if not new:
        return f"no run counts as late any more (before: from {format_duration(old or 0)} on)"
    at_most = f"a run is late from {format_duration(new)} on"
    return f"{at_most} (before: none declared)" if not old else f"{at_most} instead of {format_duration(old)}"


def _window(old: int | None, new: int | None) -> str:
    if not new:
        return f"AWS starts it at its due time, instead of within {format_duration(old or 0)}"
    before = f"within {format_duration(old)}" if old else "at once"
    return f"AWS starts it within {format_duration(new)} of its due time, instead of {before}"


def _alerts(old: Ask, new: Ask) -> Iterator[str]:
    """What a batch asks of its stage's alerts."""
    if old.off != new.off:
        yield "no one is told of its runs any more: alerts are off" if new.off else "people are told of its runs again"
    if old.after_failures != new.after_failures:
        yield f"people are told {_after(new.after_failures)} (before: {_after(old.after_failures)})"
    if old.lines != new.lines:
        yield f"an alert has {_lines(new.lines)}, instead of {_lines(old.lines)}"
    if old.channel != new.channel:
        yield f"its alerts go to {new.channel or _STAGES}, instead of {old.channel or _STAGES}"


_STAGES = "the stage's channel"


def _after(failures: int) -> str:
    return "of each run that fails" if failures == 1 else f"after {failures} failures in a row"


def _lines(count: int | None) -> str:
    if count is None:
        return "as many lines of the log as the stage says"
    return {0: "no line of the log", 1: "the last line of the log"}.get(count, f"the last {count} lines of the log")


def _edges(verb: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    come, gone = [name for name in new if name not in old], [name for name in old if name not in new]
    if come:
        yield f"says that it {verb}s {shown(listed(come))}: {GRANTS_NOTHING}"
    if gone:
        yield f"no longer says that it {verb}s {shown(listed(gone))}"


def _about(pair: DeclaredPair, changes: ChangeList) -> None:
    """Which file declares it, whatever the line, and which job of Rundeck stands for it."""
    old, new = pair.before.raw, pair.after.raw
    files = [_file(raw.get("declared_at")) for raw in (old, new)]
    if files[0] != files[1] and old.get("package") == new.get("package"):
        changes.add(Topic.ABOUT, f"declared in: {became(*files)}", When.STAY)
    if old.get("rundeck_uuid") != new.get("rundeck_uuid"):
        text = f"the job of Rundeck that stands for it: {became(old.get('rundeck_uuid'), new.get('rundeck_uuid'))}"
        changes.add(Topic.ABOUT, text, When.EXPORT)


def comparable(raw: Any) -> Any:  # noqa: ANN401 - JSON
    """A batch's file without what means nothing: the lines of places, which move with every edit, the order of grants.

    Nor does the order of actions, or of resources, in a grant. Its task role's statements are there twice, with their
    places and without: the second ones are left out. Pure.
    """
    content = _without_lines({key: value for key, value in raw.items() if key != "permissions"})
    for role in content.get("access", {}).values():
        if isinstance(role, dict) and isinstance(role.get("grants"), list):
            role["grants"] = _sorted(
                [{**grant, "statement": _unordered(grant["statement"])} for grant in role["grants"]]
            )
    return content


def _unordered(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _sorted(value) if isinstance(value, list) else value for key, value in statement.items()}


def _sorted(values: Sequence[Any]) -> list[Any]:
    return sorted(values, key=lambda value: json.dumps(value, sort_keys=True))


def _without_lines(raw: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(raw, Mapping):
        return {key: _file(value) if key in PLACES else _without_lines(value) for key, value in raw.items()}
    return [_without_lines(item) for item in raw] if isinstance(raw, list) else raw


def _file(place: Any) -> Any:  # noqa: ANN401 - JSON
    """The file of a place, ``batches/report/batch.py:14``."""
    return _LINE.sub("", place) if isinstance(place, str) else place
