"""Which values a stage's batches declare, and where each lies. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from batchwright_runner.aws.config import StageTarget
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import SHARED, value_path, values_folder
from batchwright_runner.errors import UsageError
from batchwright_runner.terminal.text import did_you_mean

Kind = Literal["parameter", "secret"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One value that batches declare.

    Attributes:
        path: The SSM parameter's name; the ARN of a secret in Secrets Manager.
        name: Its last part, or the variable for an ARN.
        kind: Whether it is shown.
        users: Names of the batches that take it, in order.
        fingerprint: The first 12 hex digits of the declared value's SHA-256; empty where no value is declared.
        key: Alias or ARN of the key a secret is encrypted with; empty for the AWS-managed one.
    """

    path: str
    name: str
    kind: Kind
    users: tuple[str, ...]
    fingerprint: str = ""
    key: str = ""

    @property
    def in_secrets_manager(self) -> bool:
        """Whether it lies in Secrets Manager, which these verbs leave alone."""
        return self.path.startswith("arn:")


def folder(target: StageTarget, owner: str) -> str:
    """The path below which a batch's values lie, or the shared ones."""
    return values_folder(target.project, target.stage, owner)


def declared_in(manifests: Iterable[BatchManifest]) -> dict[str, Declared]:
    """All values that these batches declare, by path."""
    found: dict[str, Declared] = {}
    for manifest in manifests:
        for one in _declared_by(manifest):
            before = found.get(one.path)
            if before is None:
                found[one.path] = one
            else:
                found[one.path] = _both(before, one)
    return dict(sorted(found.items()))


def chosen(all_values: Mapping[str, Declared], target: StageTarget, batch: str | None, shared: bool) -> list[Declared]:
    """The values that a verb is about: a batch's, the shared ones, or all."""
    values: Iterable[Declared] = all_values.values()
    if batch is not None:
        values = [one for one in values if batch in one.users]
    if shared:
        values = [one for one in values if one.path.startswith(f"{folder(target, SHARED)}/")]
    return list(values)


def find_value(values: Mapping[str, Declared], target: StageTarget, owner: str, name: str) -> Declared:
    """The one value that a batch, or the stage as a whole (``shared``), declares under a name.

    Raises:
        UsageError: It is declared by nobody, or lies where this runner may not change it.
    """
    path = value_path(target.project, target.stage, owner, name)
    if path in values:
        return values[path]
    elsewhere = _elsewhere(values.values(), owner, name)
    if elsewhere:
        raise UsageError(f"{name} of {owner} is not kept at {path}: it lies at {elsewhere.path}", hint=_hint(elsewhere))
    names = [one.name for one in values.values() if one.path.startswith(f"{folder(target, owner)}/")]
    hint = did_you_mean(name, names) if names else "Declare it in the batch's batch.py, and deploy that first"
    raise UsageError(f"{owner} declares no {name}: no manifest of stage {target.stage} names {path}", hint=hint)


def _declared_by(manifest: BatchManifest) -> Iterable[Declared]:
    users = (manifest.batch,)
    for reference in manifest.parameters.values():
        path = reference.path
        yield Declared(path=path, name=_last(path), kind="parameter", users=users, fingerprint=reference.fingerprint)
    for variable, path in manifest.secrets.items():
        name = variable if path.startswith("arn:") else _last(path)
        yield Declared(path=path, name=name, kind="secret", users=users, key=manifest.key)


def _both(one: Declared, other: Declared) -> Declared:
    secret = "secret" in (one.kind, other.kind)
    return Declared(
        path=one.path,
        name=one.name,
        kind="secret" if secret else "parameter",
        users=tuple(sorted({*one.users, *other.users})),
        fingerprint=one.fingerprint or other.fingerprint,
        key=one.key or other.key,
    )


def _elsewhere(values: Iterable[Declared], owner: str, name: str) -> Declared | None:
    return next((one for one in values if one.name == name and owner in one.users), None)


def _hint(elsewhere: Declared) -> str:
    if elsewhere.in_secrets_manager:
        return "Change it in Secrets Manager: aws secretsmanager put-secret-value"
    if f"/{SHARED}/" in elsewhere.path:
        return f"Several batches use it: add --shared and leave the batch's name away ({_list(elsewhere.users)})"
    return "Something else made it, and keeps it"


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)


def _last(path: str) -> str:
    return path.rpartition("/")[2]
