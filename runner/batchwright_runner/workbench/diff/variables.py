"""The changes of a batch's variables: environment, parameters and secrets. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from batchwright_runner.contract.command_lines import value_line
from batchwright_runner.workbench.diff.batch import BatchPair, BatchSide, Raw, sources
from batchwright_runner.workbench.diff.change import ChangeList, FailOn, Topic, When
from batchwright_runner.workbench.diff.wording import became, differing, shown

_OWN = ":parameter"
_Values = dict[str, tuple[str, Any]]


def variable_changes(pair: BatchPair, changes: ChangeList) -> None:
    """Adds what differs in the main container's variables."""
    for name, before, after in differing(_values(pair.before), _values(pair.after)):
        if after is None:
            _gone(pair, changes, name, *(before or ("", "")))
        elif before is None or before[0] != after[0]:
            was = f", which was {_a(before[0])}" if before else ""
            _come(pair, changes, name, after, was)
        else:
            _other(pair, changes, name, before, after)


def new_variables(pair: BatchPair, changes: ChangeList) -> None:
    """Adds what secrets a batch needs that is new altogether."""
    for name, value in _values(pair.after).items():
        if value[0] == "secret":
            _come(pair, changes, name, value, "")


def _a(kind: str) -> str:
    return {"environment": "an environment variable"}.get(kind, f"a {kind}")


def _values(side: BatchSide) -> _Values:
    """Variable to kind and value: the text, what a parameter is declared with, or where a secret comes from."""
    values: _Values = {
        str(variable.get("name")): ("environment", variable.get("value"))
        for variable in side.main.get("environment") or ()
    }
    for name, source in side.value_sources().items():
        if name in side.manifest.parameters:
            values[name] = ("parameter", (source, side.raw.get("parameters", {}).get(name, {}).get("value")))
        else:
            values[name] = ("secret", source)
    return values


def _come(pair: BatchPair, changes: ChangeList, name: str, value: tuple[str, Any], was: str) -> None:
    kind, content = value
    if kind == "secret":
        return _secret(pair, changes, name, str(content), was)
    if kind == "environment":
        return changes.add(Topic.VALUE, f"new environment variable {name}{was}: {shown(content)}")
    source, declared = content
    origin = "" if _is_own(pair.after, source) else f" from {path_of(source)}"
    return changes.add(Topic.VALUE, f"new parameter {name}{was}{origin}: {shown(declared)}")


def _secret(pair: BatchPair, changes: ChangeList, name: str, source: str, was: str) -> None:
    if source in pair.known:
        text = f"new secret {name}{was}: from {path_of(source)}, which batches of the stage take already"
        return changes.add(Topic.SECRET, text)
    if source in _parameters(pair.before):  # SSM changes no type: the parameter has to be deleted first
        text = (
            f"new secret {name}{was}: set it after the deployment, which deletes that; until then a run ends with 126"
        )
        return changes.add(Topic.VALUE, text, commands=[set_command(pair.after, source)], gates=[FailOn.SECRETS])
    must, commands = _to_do(pair.after, source)
    origin = "" if commands else f"from {path_of(source)}, "
    return changes.add(
        Topic.SECRET, f"new secret {name}{was}: {origin}{must}", commands=commands, gates=[FailOn.SECRETS]
    )


def _parameters(side: BatchSide) -> frozenset[str]:
    """Where its own parameters are."""
    sources = side.value_sources()
    return frozenset(source for name in side.manifest.parameters if _is_own(side, source := sources.get(name, "")))


def _to_do(side: BatchSide, source: str) -> tuple[str, Sequence[str]]:
    """What has to be done about a secret that is new, and the command that does it."""
    command = set_command(side, source)
    if command:
        return "set it before the deployment; a run without it ends with 126", [command]
    return "which must exist; else a run ends with 126", []


def _gone(pair: BatchPair, changes: ChangeList, name: str, kind: str, value: Any) -> None:  # noqa: ANN401 - JSON
    if kind == "secret" and _is_own(pair.before, str(value)):
        text = f"no longer has the secret {name}; its value stays in SSM, at {path_of(str(value))}, until it is deleted"
        return changes.add(Topic.VALUE, text)
    if kind == "parameter" and _is_own(pair.before, str(value[0])):
        text = f"no longer has the parameter {name}, which is deleted with the value that it has by then"
        return changes.add(Topic.VALUE, text)
    return changes.add(Topic.VALUE, f"no longer has the {kind.replace('environment', 'environment variable')} {name}")


def _other(pair: BatchPair, changes: ChangeList, name: str, before: tuple[str, Any], after: tuple[str, Any]) -> None:
    kind = before[0]
    if kind == "environment":
        return changes.add(Topic.VALUE, f"environment variable {name}: {became(before[1], after[1])}")
    if kind == "secret":
        if after[1] in pair.known or not set_command(pair.after, after[1]):
            text = f"secret {name} {_from(before[1], after[1])}"
            return changes.add(Topic.SECRET, text, gates=[] if after[1] in pair.known else [FailOn.SECRETS])
        return _secret(pair, changes, name, after[1], f", {_from(before[1], after[1])}")
    (old_source, old), (new_source, new) = before[1], after[1]
    if old_source == new_source:
        text = f"parameter {name}: {became(old, new)}"
        return changes.add(Topic.VALUE, f"{text}; a value that was set by hand is replaced", When.RUN)
    declared = f": {shown(new)}" if _is_own(pair.after, new_source) and old != new else ""
    is_left = _is_own(pair.before, old_source) and not _is_own(pair.after, new_source)
    gone = "; its own one is deleted with the value that it has by then" if is_left else ""
    return changes.add(Topic.VALUE, f"parameter {name} {_from(old_source, new_source)}{declared}{gone}")


def _from(old: str, new: str) -> str:
    """Where a value comes from that came from elsewhere."""
    paths = path_of(old), path_of(new)
    was, source = paths if paths[0] != paths[1] else (old, new)  # the same path in another account or region
    return f"from {source} instead of {was}"


def sidecar_changes(pair: BatchPair, container: str, before: Raw, after: Raw, changes: ChangeList) -> None:
    """Adds what differs in another container's variables."""
    for name, old, new in differing(_plain(before), _plain(after)):
        changes.add(Topic.CONTAINER, f"container {container}, variable {name}: {became(old, new)}")
    fresh = _fresh_of_sidecars(pair)
    for name, was, source in differing(sources(before), sources(after)):
        paths = became(path_of(was or ""), path_of(source or ""))
        text = f"container {container}, secret or parameter {name}: {paths}"
        if source in fresh:
            must, commands = _to_do(pair.after, source)
            changes.add(Topic.SECRET, f"{text}; {must}", commands=commands, gates=[FailOn.SECRETS])
        else:
            changes.add(Topic.CONTAINER, text)


def _fresh_of_sidecars(pair: BatchPair) -> frozenset[str]:
    """Where secrets come from that are new in the batch, and that its main container does not take."""
    old, new = ({*side.sources} for side in (pair.before, pair.after))
    return frozenset(new - old - pair.known - {*pair.after.value_sources().values()})


def _plain(container: Raw) -> Mapping[str, Any]:
    return {str(variable.get("name")): variable.get("value") for variable in container.get("environment") or ()}


def set_command(side: BatchSide, source: str) -> str:
    """The command that sets a secret of its own or of the stage; empty for one of elsewhere."""
    if not _is_here(side, source):
        return ""
    manifest = side.manifest
    return value_line("set", path_of(source), manifest.project, manifest.stage, [manifest.batch])


def _is_own(side: BatchSide, source: str) -> bool:
    return _is_here(side, source) and path_of(source).startswith(f"{side.own_values}/")


def _is_here(side: BatchSide, source: str) -> bool:
    """Whether it is in the batch's own account."""
    return f":{side.manifest.account}{_OWN}" in source or not source.startswith("arn:")


def path_of(source: str) -> str:
    """The path of an SSM parameter's ARN; other sources as they are."""
    head, separator, path = source.partition(_OWN)
    return path if separator and ":ssm:" in head and path.startswith("/") else source
