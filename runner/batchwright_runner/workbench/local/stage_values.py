"""A stage's values for a run on this machine: its parameters and secrets, read by the developer's own rights."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.names import SHARED, StageNames
from batchwright_runner.contract.stop_reasons import REVERT
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import patiently
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.task_definitions import source_of
from batchwright_runner.workbench.project.batches import declared_name

PAGE = 10
"""Names that GetParameters takes at once (Systems Manager API reference, 2026-11)."""
WHAT = "the stage's values cannot be read"
_GONE = ("ResourceNotFoundException", "ParameterNotFound")


@dataclass(frozen=True, slots=True)
class StoredPlace:
    """Where a value is stored."""

    # ``ssm`` or ``secretsmanager``
    service: str
    name: str
    # The region of an ARN; empty for the stage's
    region: str = ""
    # The key of a secret that is a JSON object; empty for the whole
    key: str = ""
    # What else names the version of a secret, as GetSecretValue takes it
    version: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NoValue:
    """Why a place has no text; ``gone`` where nothing is there at all."""

    why: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class StageValues:
    """What was read. No text stands in its representation."""

    stage: str
    texts: Mapping[str, Mapping[str, str]] = field(repr=False)
    # Variable to why it has no value, of those that have none
    problems: Mapping[str, str] = field(default_factory=dict)

    def of(self, container: str) -> Mapping[str, str]:
        """A container's variables."""
        return self.texts.get(container, {})


def place_of(value_from: str, task_definition: str) -> StoredPlace:
    """What a ``valueFrom`` means. Pure.

    A secret's ARN may end with ``:JSON-KEY:VERSION-STAGE:VERSION-ID`` (ECS developer guide, "Pass sensitive data to an
    Amazon ECS container", 2026-11).

    `task_definition`: the ARN of the task definition that says it: a name means its account and region.
    """
    source, parts = source_of(value_from, task_definition), value_from.split(":")
    here = task_definition.split(":")[3]
    region = parts[3] if source.name.startswith("arn:") and parts[3] != here else ""
    if source.service == "ssm":
        return StoredPlace("ssm", source.name, region)
    key, stage, version = (*parts[7:], "", "", "")[:3]
    parameters = (("VersionStage", stage), ("VersionId", version))
    return StoredPlace("secretsmanager", source.name, region, key, tuple(part for part in parameters if part[1]))


def read_stage_values(stage: Stage, batch: BatchFile, definition: str, overrides: Mapping[str, str]) -> StageValues:
    """Reads the values of all containers of a batch. What cannot be read is a problem of its variable."""
    entries = [
        (str(container["name"]), str(entry["name"]), entry.get("valueFrom"))
        for container in batch.containers
        for entry in container.get("secrets") or ()
        if declared_name(batch, entry) not in overrides
    ]
    deployed = {} if all(isinstance(source, str) for _, _, source in entries) else _deployed(stage, definition)
    places: dict[tuple[str, str], StoredPlace | None] = {}
    for container, name, source in entries:
        value_from = source if isinstance(source, str) else deployed.get((container, name))
        places[container, name] = place_of(value_from, definition) if value_from is not None else None
    values = _read_all(stage, list(dict.fromkeys(place for place in places.values() if place is not None)))
    texts: dict[str, dict[str, str]] = {}
    problems: dict[str, str] = {}
    for (container, name), place in places.items():
        if place is None:
            problems[name] = "where it is stored is known to a deployment only, and this one is not deployed"
        elif isinstance(read := values[place], str):
            texts.setdefault(container, {})[name] = read
        else:
            problems[name] = read.why + (_how_to_make(batch, name, place) if read.gone else "")
    return StageValues(batch.manifest.stage, texts, problems)


def _deployed(stage: Stage, arn: str) -> dict[tuple[str, str], str]:
    describe = partial(stage.aws.call, "ecs", "describe_task_definition", taskDefinition=arn)
    definition = patiently(describe, f"task definition {arn} cannot be read", stage.waiter)["taskDefinition"]
    return {
        (container["name"], entry["name"]): entry["valueFrom"]
        for container in definition["containerDefinitions"]
        for entry in container.get("secrets", [])
    }


def _read_all(stage: Stage, places: Sequence[StoredPlace]) -> dict[StoredPlace, str | NoValue]:
    """What is at each place."""
    values: dict[StoredPlace, str | NoValue] = {}
    for region in sorted({place.region for place in places}):
        aws = stage.elsewhere(region) if region else stage.aws
        mine = [place for place in places if place.region == region]
        parameters = [place for place in mine if place.service == "ssm"]
        for start in range(0, len(parameters), PAGE):
            values |= _read_parameters(aws, parameters[start : start + PAGE], stage.waiter)
        secrets = [place for place in mine if place.service != "ssm"]
        for version in dict.fromkeys((place.name, place.version) for place in secrets):
            together = [place for place in secrets if (place.name, place.version) == version]
            values |= _read_secret(aws, together, stage.waiter)
    return values


def _read_parameters(aws: Aws, places: Sequence[StoredPlace], waiter: Waiter) -> dict[StoredPlace, str | NoValue]:
    """Reads parameters. SSM refuses a request as a whole for one of them: each is asked for alone then."""
    read = partial(aws.call, "ssm", "get_parameters", Names=[place.name for place in places], WithDecryption=True)
    try:
        answer = patiently(read, WHAT, waiter, hint="", but=None)
    except (ApiError, DeniedError) as error:
        if len(places) == 1:
            return {places[0]: _refused(places[0].name, error)}
        return {place: _read_parameters(aws, [place], waiter)[place] for place in places}
    texts = {stored.get(key): stored["Value"] for stored in answer["Parameters"] for key in ("Name", "ARN")}
    return {place: texts.get(place.name, _gone(place.name)) for place in places}


def _read_secret(aws: Aws, places: Sequence[StoredPlace], waiter: Waiter) -> dict[StoredPlace, str | NoValue]:
    """Reads one version of a secret, for all that want something of it."""
    name, version = places[0].name, dict(places[0].version)
    read = partial(aws.call, "secretsmanager", "get_secret_value", SecretId=name, **version)
    try:
        answer = patiently(read, WHAT, waiter, hint="", but=None)
    except (ApiError, DeniedError) as error:
        return dict.fromkeys(places, _refused(name, error))
    return {place: _picked(place, answer.get("SecretString")) for place in places}


def _picked(place: StoredPlace, text: str | None) -> str | NoValue:
    """What a place has of a secret. ECS takes a JSON key's value as text."""
    if text is None:
        return NoValue(f"{place.name} is binary, which no variable can hold")
    if not place.key:
        return text
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return NoValue(f"{place.name} is not JSON, and {place.key} is wanted of it")
    if place.key not in content:
        return NoValue(f"{place.name} has no key {place.key}")
    value = content[place.key]
    return value if isinstance(value, str) else json.dumps(value)


def _refused(name: str, error: ApiError | DeniedError) -> NoValue:
    if isinstance(error, ApiError) and error.code in _GONE:
        return _gone(name)
    cause = error.__cause__ if isinstance(error.__cause__, ApiError) else error
    return NoValue(f"{name} cannot be read: {cause}")


def _gone(name: str) -> NoValue:
    return NoValue(f"{name} is not there", gone=True)


def _how_to_make(batch: BatchFile, variable: str, stored: StoredPlace) -> str:
    """How to make a value that does not exist; empty for one that is managed elsewhere."""
    manifest = batch.manifest
    place, _, name = stored.name.rpartition("/")
    for owner, words, maker in ((manifest.batch, manifest.batch, "batch"), (SHARED, "--shared", "platform")):
        if place == StageNames.of(manifest).values_folder(owner):
            if variable in manifest.parameters:
                return f": deploy the {maker}, which makes it ({REVERT}, if someone deleted it)"
            return f": batchwright params set {words} {name} -s {manifest.stage}"
    return ""
