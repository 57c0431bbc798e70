"""The last look at the batches of an assembly, when all has been declared and nothing has been written yet.

It checks the manifest of each batch and what was granted to it. Then, where nothing is wrong with any, it writes their
files for local runs.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import jsii
from aws_cdk import Stack, Stage
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct, IValidation

from batchwright.arns import Place, domain, partition
from batchwright.assembly.access import DeclaredAccess, access_of
from batchwright.assembly.identities import Identities
from batchwright.assembly.unresolved import evaluate
from batchwright.errors import DeclarationError, SeveralMistakesError
from batchwright.iam.permissions import Permission, bare_wildcards, too_wide_policies
from batchwright.iam.policies import Statement
from batchwright.lookups import annotate, is_pending, pending_in
from batchwright.origins import Origin
from batchwright.task.sources import Places, find_places
from batchwright.tokens import holds_token
from batchwright_runner.contract.batch_file import BatchFile, parameter_values, write
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeclaredBatch:
    """What the last look has to know of a batch. Strings may hold tokens.

    Attributes:
        name: The batch's name.
        construct: The batch in the tree.
        place: Account and region of its stage.
        image: The name of its image; empty for one of elsewhere.
        role_arns: Its roles' ARNs, by the task definition's keys for them.
        granted_role: Gives its task role, or ``None`` if nothing can have been granted to it; asked at the end.
        permissions: What it allowed itself; the list grows until the end.
        access: What else is known of its permissions.
        manifest: Gives its manifest, as far as a synthesis knows it; asked at the end.
        task: The task definition's properties.
        parameter_paths: Variable to path, of all its parameters.
        parameters: Variable to declared value, of the parameters it makes itself.
        folder: The folder of its declaration; ``None`` where that is not known.
        origin: The line of its declaration, likewise.
        rundeck_uuid: The UUID of the job in Rundeck that stands for it already; empty for none.
        watch: What is watched of it.
        reads: What it says that it reads.
        writes: What it says that it writes.
        made_roles: The roles that are made for it, and their names.
    """

    name: str
    construct: Construct
    place: Place
    image: str
    role_arns: Mapping[str, str]
    granted_role: Callable[[], iam.IRole | None]
    permissions: Sequence[Permission]
    manifest: Callable[[], BatchManifest]
    task: Mapping[str, Any]
    parameter_paths: Mapping[str, str]
    parameters: Mapping[str, str]
    folder: Path | None
    origin: Origin | None = None
    access: DeclaredAccess = field(default_factory=DeclaredAccess)
    rundeck_uuid: str = ""
    watch: Watch = field(default_factory=Watch)
    reads: Sequence[str] = ()
    writes: Sequence[str] = ()
    made_roles: Mapping[IConstruct, str] = field(default_factory=dict)

    @property
    def task_role(self) -> str:
        """ARN of its task role, which it may share with other batches."""
        return self.role_arns["taskRoleArn"]


@jsii.implements(IValidation)
class LastLook:
    """The last look at all batches of an assembly: one call from Node into Python, not one for each batch.

    Attributes:
        batches: The batches, as they were declared.
    """

    def __init__(self, assembly: IConstruct, project: Path) -> None:
        """Has itself called at the end of the synthesis; see `of`.

        Args:
            assembly: The app, or the CDK stage, that is synthesized into a folder of its own.
            project: The folder that batch files name others relative to.
        """
        self._assembly = assembly
        self._project = project
        self.batches: list[DeclaredBatch] = []
        self._found: list[DeclarationError] = []
        assembly.node.add_validation(self)

    @staticmethod
    def of(construct: Construct, project: Path | None = None) -> "LastLook":
        """The last look of the assembly that a construct belongs to; begun by whoever asks first.

        Args:
            construct: Any construct, or the app or CDK stage itself.
            project: The project's folder. Default: the current one, in which the CDK CLI and the runner start an app.
        """
        assembly = construct if isinstance(construct, Stage) else Stage.of(construct) or construct.node.root
        if assembly not in _BY_ASSEMBLY:
            _BY_ASSEMBLY[assembly] = LastLook(assembly, project or Path.cwd())
        return _BY_ASSEMBLY[assembly]

    def add(self, batch: DeclaredBatch) -> None:
        """Takes a batch in.

        Raises:
            DeclarationError: Its stage has another one of this name.
        """
        for one in self.batches:
            if (one.task["family"], one.place) == (batch.task["family"], batch.place):
                known = f" ({one.origin.shown(self._project.resolve())})" if one.origin else ""
                problem = f"{one.construct.node.path}{known} has it in the same stage; allowed: each name once"
                raise DeclarationError(f"batch {batch.name}", "name", problem)
        self.batches.append(batch)

    def forget(self, batches: Collection[Construct]) -> None:
        """Leaves out batches that have been taken out of the assembly again."""
        self.batches = [one for one in self.batches if one.construct not in batches]

    def validate(self) -> list[str]:
        """What is wrong with the batches, in words; nothing if all are well, and then their files are written.

        The CDK calls this, and stops the synthesis if there is a fault. It calls a construct at no later moment.
        """
        known = Identities(self._assembly, _untouched(self.batches))
        statements = [granted(batch, known) for batch in self.batches]
        manifests, found = manifests_of(self.batches)
        found += too_wide(self.batches, statements, _managed(self.batches, known))
        found += too_large(self.batches, known)
        if not found:
            self._write_files(manifests, statements)
            for batch, manifest in zip(self.batches, manifests, strict=True):
                annotate(batch.construct, f"batch {batch.name}", pending(batch, manifest))
        self._found = found
        return [_with_origin(one, self._project) for one in found]

    @contextmanager
    def raising(self) -> Iterator[None]:
        """Has a synthesis raise what the last look finds as it is, where the CDK makes an error of its own of it.

        Raises:
            DeclarationError: What was found.
        """
        try:
            yield
        except RuntimeError as error:
            if not self._found:
                raise
            raise self._found[0] if len(self._found) == 1 else SeveralMistakesError(self._found) from error

    def _write_files(self, manifests: Sequence[BatchManifest], statements: Sequence[list[Statement]]) -> None:
        places = find_places(self._project, [(batch.folder, batch.image) for batch in self.batches])
        folder = Path(self._assembly.outdir if isinstance(self._assembly, Stage) else ".")
        by_role = _by_role(self.batches)
        for batch, manifest, allowed, where in zip(self.batches, manifests, statements, places, strict=True):
            write(folder, content(batch, manifest, allowed, where, by_role[batch.task_role], self._project))


_BY_ASSEMBLY: WeakKeyDictionary[IConstruct, LastLook] = WeakKeyDictionary()


def granted(batch: DeclaredBatch, known: Identities) -> list[Statement]:
    """The statements that grants have added to a batch's task role, resolved."""
    role = batch.granted_role()
    return known.of_role(role).statements if role is not None else []


def _managed(batches: Sequence[DeclaredBatch], known: Identities) -> dict[DeclaredBatch, list[Any]]:
    """The managed policies of something else that batches' own task roles have, by the batch."""
    found = {}
    for batch in batches:
        role = batch.granted_role()
        if role is not None and not batch.access.task_adopted:
            found[batch] = known.of_role(role).theirs
    return found


def _untouched(batches: Sequence[DeclaredBatch]) -> dict[IConstruct, str]:
    """The roles of batches to which no one can have granted anything, and their names.

    By the construct itself: its path would be two calls into Node for each.
    """
    return {
        role: name for batch in batches for role, name in batch.made_roles.items() if role is not batch.granted_role()
    }


def too_large(batches: Sequence[DeclaredBatch], known: Identities) -> Iterator[DeclarationError]:
    """What IAM will not take of the policies of a role, user or group, as errors.

    Args:
        batches: The batches.
        known: The identities of the assembly.
    """
    tasks = [known.of_role(role) for batch in batches if (role := batch.granted_role()) is not None]
    for identity in known:
        yield from identity.faults(counted=identity.runs_batches or identity in tasks)


def manifests_of(batches: Sequence[DeclaredBatch]) -> tuple[list[BatchManifest], list[DeclarationError]]:
    """The batches' manifests, as all that was declared has made them, and what is wrong with others."""
    manifests, found = [], []
    for batch in batches:
        try:
            manifests.append(batch.manifest())
        except DeclarationError as error:
            error.origin = error.origin or batch.origin
            found.append(error)
    return manifests, found


def pending(batch: DeclaredBatch, manifest: BatchManifest) -> list[str]:
    """What of a batch the CDK has not looked up yet: in its manifest, its task, its roles and its parameters. Pure."""
    ids = [one for one in (*manifest.subnets, *manifest.security_groups) if is_pending(one)]
    texts = json.dumps([manifest.to_dict(), batch.task, dict(batch.role_arns), dict(batch.parameters)], default=str)
    return sorted({*ids, *pending_in(texts), *(() if manifest.subnets else ("no subnet",))})


def faults(batches: Sequence[DeclaredBatch], statements: Sequence[Sequence[Statement]]) -> list[str]:
    """What is wrong with the batches' permissions, in words. Pure.

    Args:
        batches: All batches of an assembly: what one allowed itself is explained for all that have its task role.
        statements: For each, what was granted to its task role.
    """
    return [str(one) for one in too_wide(batches, statements)]


def too_wide(
    batches: Sequence[DeclaredBatch],
    statements: Sequence[Sequence[Statement]],
    managed: Mapping[DeclaredBatch, Sequence[Any]] | None = None,
) -> Iterator[DeclarationError]:
    """The same as errors, which know where the batches are declared. Pure.

    Args:
        batches: All batches of an assembly.
        statements: For each, what was granted to its task role.
        managed: ARNs of managed policies that something else makes, by the batch whose own task role has them.
    """
    by_role = _by_role(batches)
    for batch, allowed in zip(batches, statements, strict=True):
        own = by_role[batch.task_role]
        for fault in (
            *bare_wildcards(allowed, own),
            *too_wide_policies((managed or {}).get(batch, ()), own),
        ):
            problem = f"{fault}; allowed: named actions and resources, or batch.allow(…, reason=…)"
            yield DeclarationError(f"batch {batch.name}", "", problem, batch.origin)


def _by_role(batches: Sequence[DeclaredBatch]) -> dict[str, list[Permission]]:
    """Task role to what all batches that have it allowed themselves."""
    by_role: dict[str, list[Permission]] = {}
    for batch in batches:
        by_role.setdefault(batch.task_role, []).extend(batch.permissions)
    return by_role


def _with_origin(error: DeclarationError, project: Path) -> str:
    return f"{error.origin.shown(project.resolve())}: {error}" if error.origin else str(error)


def content(
    batch: DeclaredBatch,
    manifest: BatchManifest,
    statements: list[Statement],
    places: Places,
    permissions: Sequence[Permission],
    project: Path,
) -> BatchFile:
    """What is written into a batch's file for local runs.

    Args:
        batch: The batch.
        manifest: Its manifest.
        statements: What was granted to its task role.
        places: Where its declaration and source are.
        permissions: What all batches with its task role allowed themselves.
        project: The folder that lines are shown relative to.
    """
    place = batch.place
    known = {
        "AWS::AccountId": place.account,
        "AWS::Region": place.region,
        "AWS::Partition": partition(place.region),
        "AWS::URLSuffix": domain(place.region),
    }
    values = {
        "task": {**batch.task, **batch.role_arns},
        "paths": dict(batch.parameter_paths),
        "parameters": dict(batch.parameters),
    }
    if holds_token(values):
        values = evaluate(Stack.of(batch.construct).resolve(values), known)
    return BatchFile(
        manifest=manifest,
        task=values["task"],
        parameters=parameter_values(values["paths"], values["parameters"]),
        permissions=evaluate(statements, known),
        access=access_of(
            batch.access,
            batch.construct,
            batch.granted_role(),
            statements,
            permissions,
            values["task"],
            known,
            project,
        ),
        package=places.package,
        source=places.source,
        rundeck_uuid=batch.rundeck_uuid,
        watch=batch.watch,
        declared_at=batch.origin.shown(project.resolve()) if batch.origin else "",
        reads=batch.reads,
        writes=batch.writes,
    )
