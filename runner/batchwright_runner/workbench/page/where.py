"""What a batch runs and with which values, as facts. Pure."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from batchwright_runner.contract.batch_file import is_marked, unresolved
from batchwright_runner.workbench.page.batch import Known
from batchwright_runner.workbench.page.document import Fact
from batchwright_runner.workbench.page.moments import here

_MOST = 60
"""Characters of a value that are shown."""


def facts_of(known: Known) -> Iterator[Fact]:
    """Image, release, command, size, log."""
    manifest = known.manifest
    image = manifest.image
    reference = str(known.main.get("image") or "") or image.uri
    yield Fact("image", reference or "not known")
    if known.deployed and image.name:
        yield Fact("release", _release(known))
    command = known.main.get("command")
    if known.main:
        yield Fact("command", shlex.join(map(_text, command)) if command else "the image's own")
    size = known.size
    yield Fact("size", size.words if size is not None else "not known")
    others = [str(one.get("name")) for one in known.definition.get("containerDefinitions") or ()]
    sidecars = [name for name in others if name != manifest.container]
    if sidecars:
        yield Fact("sidecars", ", ".join(sidecars))
    if known.deployed:
        yield Fact("log", manifest.log_group)


def values_of(known: Known) -> Iterator[Fact]:
    """Variables: the plain ones and the parameters with their values, the secrets by their names."""
    manifest = known.manifest
    plain = plain_environment(known.main)
    if plain:
        yield Fact("environment", ", ".join(f"{name}={_short(value)}" for name, value in plain.items()))
    if manifest.parameters:
        shown = (
            f"{name}={_short(known.values[name])}" if name in known.values else name for name in manifest.parameters
        )
        yield Fact("parameters", ", ".join(shown))
    if manifest.secrets:
        yield Fact("secrets", ", ".join(manifest.secrets))
    if not plain and not manifest.parameters and not manifest.secrets:
        yield Fact("values", "none")


def _release(known: Known) -> str:
    if any(one.what == "the release record" for one in known.unseen):
        return "not known"
    record = known.release
    if record is None:
        return "none is recorded"
    by = record.by.rpartition("/")[2] or record.by
    return f"{record.tag} ({record.digest[:19]}), {record.kind} at {here(record.at)} by {by}"


def _text(value: object) -> str:
    if isinstance(value, Mapping) and is_marked(value):
        return f"<{unresolved(value)}>"
    return str(value)


def _short(value: str) -> str:
    return value if len(value) <= _MOST else f"{value[: _MOST - 1]}…"


def plain_environment(main: Mapping[str, Any]) -> dict[str, str]:
    """The plain variables of a container's definition; what only a deployment knows is ``<…>``."""
    return {str(one.get("name")): _text(one.get("value")) for one in main.get("environment") or ()}
