"""Which values a stage's batches declare, and where each is stored. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import SHARED, StageNames
from batchwright_runner.errors import UsageError
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.stage.task_definitions import Variable
from batchwright_runner.host.terminal.text import did_you_mean

Kind = Literal["parameter", "secret"]
Declared = Sequence[tuple[BatchManifest, Sequence[Variable]]]
"""Batches' manifests, each with the variables of its task definition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredValue:
    """One value that batches declare."""

    # The SSM parameter's name; its ARN if it is in another account or region; the ARN of a secret in Secrets Manager
    path: str
    # Its last part, or the variable for an ARN
    name: str
    kind: Kind
    # Names of the batches that take it, in order
    users: tuple[str, ...]
    variables: frozenset[str] = frozenset()
    # Fingerprint of the declared value; empty where no value is declared
    fingerprint: str = ""
    # Alias or ARN of the key a secret is encrypted with; empty for the AWS-managed one
    key: str = ""

    @property
    def in_secrets_manager(self) -> bool:
        """Whether it is in Secrets Manager, which these verbs leave alone."""
        return self.path.startswith("arn:") and self.path.split(":")[2] == "secretsmanager"

    @property
    def out_of_reach(self) -> bool:
        """Whether it is in Secrets Manager, or in another account or region: these verbs leave both alone."""
        return self.path.startswith("arn:")


def folder(target: StageTarget, owner: str) -> str:
    """The path below which a batch's values lie, or the shared ones."""
    return StageNames.of(target).values_folder(owner)


def declared_in(batches: Iterable[tuple[BatchManifest, Iterable[Variable]]]) -> dict[str, DeclaredValue]:
    """All values that these batches declare, by path."""
    values: dict[str, DeclaredValue] = {}
    for manifest, variables in batches:
        for value in _declared_by(manifest, variables):
            before = values.get(value.path)
            values[value.path] = value if before is None else _both(before, value)
    return dict(sorted(values.items()))


def find_value(values: Mapping[str, DeclaredValue], target: StageTarget, owner: str, name: str) -> DeclaredValue:
    """The one value that a batch, or the stage as a whole (``shared``), declares under a name."""
    path = StageNames.of(target).value(owner, name)
    if path in values:
        return values[path]
    taken = [value for value in values.values() if owner in value.users]
    elsewhere = next((value for value in taken if name in (value.name, *value.variables)), None)
    if elsewhere:
        raise UsageError(f"{name} of {owner} is not stored at {path}: it is at {elsewhere.path}", hint=_hint(elsewhere))
    names = [value.name for value in values.values() if value.path.startswith(f"{folder(target, owner)}/")]
    hint = did_you_mean(name, names) if names else "Declare it in the batch's batch.py"
    raise UsageError(f"{owner} declares no {name}: nothing of stage {target.stage} takes {path}", hint=hint)


def _declared_by(manifest: BatchManifest, variables: Iterable[Variable]) -> Iterable[DeclaredValue]:
    """A batch's values. What the manifest does not call a parameter is a secret: it is never shown."""
    main_first = sorted(variables, key=lambda variable: variable.container != manifest.container)
    seen: set[str] = set()
    for variable in main_first:
        path = variable.source.name
        if path in seen and variable.container != manifest.container:
            continue  # a sidecar takes it too, perhaps under a name of its own
        seen.add(path)
        is_parameter = variable.name in manifest.parameters
        yield DeclaredValue(
            path=path,
            name=variable.name if path.startswith("arn:") else path.rpartition("/")[2],
            kind="parameter" if is_parameter else "secret",
            users=(manifest.batch,),
            variables=frozenset({variable.name}),
            fingerprint=manifest.parameters.get(variable.name, ""),
            key="" if is_parameter else manifest.key,
        )


def _both(first: DeclaredValue, second: DeclaredValue) -> DeclaredValue:
    secret = "secret" in (first.kind, second.kind)
    return DeclaredValue(
        path=first.path,
        name=first.name,
        kind="secret" if secret else "parameter",
        users=tuple(sorted({*first.users, *second.users})),
        variables=first.variables | second.variables,
        fingerprint=first.fingerprint or second.fingerprint,
        key=first.key or second.key,
    )


def _hint(elsewhere: DeclaredValue) -> str:
    if elsewhere.in_secrets_manager:
        return "Change it in Secrets Manager: aws secretsmanager put-secret-value"
    if elsewhere.out_of_reach:
        return "It is in another account or region: change it there"
    if f"/{SHARED}/" in elsewhere.path:
        return f"Several batches use it: add --shared and omit the batch name ({', '.join(elsewhere.users)})"
    return "Something else made it, and keeps it"
