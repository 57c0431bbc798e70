"""The changes of a batch's variables: environment, parameters and secrets. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from batchwright_runner.contract.command_lines import value_line
from batchwright_runner.workbench.diff.batch import BatchPair, BatchSide, Raw, sources
from batchwright_runner.workbench.diff.change import ChangeList, FailOn, Topic
from batchwright_runner.workbench.diff.wording import became, differing, shown

_OWN = ":parameter"
_ENVIRONMENT, _PARAMETER, _SECRET = "environment variable", "parameter", "secret"


class BatchVariable(NamedTuple):
    """A variable of a batch's main container."""

    # ``environment variable``, ``parameter`` or ``secret``
    kind: str
    # Its text, or that which a parameter is declared with; none for a secret
    text: Any = None
    source: str = ""


def variable_changes(pair: BatchPair, changes: ChangeList) -> None:
    """Adds what differs in the main container's variables."""
    for name, before, after in differing(_variables(pair.before), _variables(pair.after)):
        if before and after and before.kind == after.kind:
            _other(pair, changes, name, before, after)
        elif after:
            article = "an" if before and before.kind == _ENVIRONMENT else "a"
            _come(pair, changes, name, after, f", which was {article} {before.kind}" if before else "")
        elif before:
            _gone(pair, changes, name, before)


def new_variables(pair: BatchPair, changes: ChangeList) -> None:
    """Adds what secrets a batch needs that is new altogether."""
    for name, variable in _variables(pair.after).items():
        if variable.kind == _SECRET:
            _secret(pair, changes, name, variable.source, "")


def _variables(side: BatchSide) -> dict[str, BatchVariable]:
    variables = {
        str(variable.get("name")): BatchVariable(_ENVIRONMENT, variable.get("value"))
        for variable in side.main.get("environment") or ()
    }
    for name, source in side.value_sources().items():
        if name in side.manifest.parameters:
            text = side.raw.get("parameters", {}).get(name, {}).get("value")
            variables[name] = BatchVariable(_PARAMETER, text, source)
        else:
            variables[name] = BatchVariable(_SECRET, source=source)
    return variables


def _come(pair: BatchPair, changes: ChangeList, name: str, variable: BatchVariable, was: str) -> None:
    kind, text, source = variable
    if kind == _SECRET:
        return _secret(pair, changes, name, source, was)
    origin = f" from {path_of(source)}" if source and not _is_own(pair.after, source) else ""
    return changes.add(Topic.VALUE, f"new {kind} {name}{was}{origin}: {shown(text)}")


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


def _gone(pair: BatchPair, changes: ChangeList, name: str, variable: BatchVariable) -> None:
    end = ""
    if _is_own(pair.before, variable.source):
        stays = f"; its value stays in SSM, at {path_of(variable.source)}, until it is deleted"
        end = stays if variable.kind == _SECRET else ", which is deleted with the value that it has by then"
    changes.add(Topic.VALUE, f"no longer has the {variable.kind} {name}{end}")


def _other(pair: BatchPair, changes: ChangeList, name: str, before: BatchVariable, after: BatchVariable) -> None:
    kind, source = after.kind, after.source
    if kind == _SECRET:
        if source in pair.known:
            return changes.add(Topic.SECRET, f"secret {name} {_from(before.source, source)}")
        if not set_command(pair.after, source):
            text = f"secret {name} {_from(before.source, source)}: the new one must exist; else a run ends with 126"
            return changes.add(Topic.SECRET, text, gates=[FailOn.SECRETS])
        return _secret(pair, changes, name, source, f", {_from(before.source, source)}")
    if before.source == source:
        replaced = "; a value that was set by hand is replaced" if kind == _PARAMETER else ""
        return changes.add(Topic.VALUE, f"{kind} {name}: {became(before.text, after.text)}{replaced}")
    is_own = _is_own(pair.after, source)
    declared = f": {shown(after.text)}" if is_own and before.text != after.text else ""
    is_left = _is_own(pair.before, before.source) and not is_own
    gone = "; its own one is deleted with the value that it has by then" if is_left else ""
    return changes.add(Topic.VALUE, f"parameter {name} {_from(before.source, source)}{declared}{gone}")


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
