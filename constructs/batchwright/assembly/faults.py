"""What is wrong with the batches of an assembly, seen when all has been declared."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from batchwright.assembly.assembled_batch import AssembledBatch
from batchwright.assembly.identities import Identities
from batchwright.errors import DeclarationError
from batchwright.iam.permissions import Allowance, bare_wildcards, too_wide_policies
from batchwright.iam.policies import Statement
from batchwright_runner.contract.manifest import BatchManifest


def manifests_of(batches: Sequence[AssembledBatch]) -> tuple[list[BatchManifest], list[DeclarationError]]:
    """The batches' manifests, as all that was declared has made them, and what is wrong with others, or with tags."""
    manifests, faults = [], []
    for batch in batches:
        try:
            manifests.append(batch._last_manifest())
        except DeclarationError as error:
            error.origin = error.origin or batch._origin
            faults.append(error)
    return manifests, faults


def too_wide(
    batches: Sequence[AssembledBatch],
    statements: Sequence[Sequence[Statement]],
    managed: Mapping[AssembledBatch, Sequence[Any]] | None = None,
) -> Iterator[DeclarationError]:
    """What is wrong with the batches' permissions, as errors that know where the batches are declared. Pure.

    `batches`: all batches of an assembly: what one allowed itself is explained for all that have its task role.
    """
    by_role = allowed_by_role(batches)
    for batch, allowed in zip(batches, statements, strict=True):
        own = by_role[batch._role_arns["taskRoleArn"]]
        for fault in (
            *bare_wildcards(allowed, own),
            *too_wide_policies((managed or {}).get(batch, ()), own),
        ):
            problem = f"{fault}; allowed: named actions and resources, or batch.allow(…, reason=…)"
            yield DeclarationError(f"batch {batch.name}", "", problem, batch._origin)


def allowed_by_role(batches: Sequence[AssembledBatch]) -> dict[str, list[Allowance]]:
    """Task role to what all batches that have it allowed themselves."""
    by_role: dict[str, list[Allowance]] = {}
    for batch in batches:
        by_role.setdefault(batch._role_arns["taskRoleArn"], []).extend(batch.permissions)
    return by_role


def too_large(batches: Sequence[AssembledBatch], identities: Identities) -> Iterator[DeclarationError]:
    """What IAM will not take of the policies of a role, user or group, as errors."""
    tasks = [identities.of_role(role) for batch in batches if (role := batch._granted_role()) is not None]
    for identity in identities:
        yield from identity.faults(counted=identity.runs_batches or identity in tasks)


def too_large_for_a_stack(stack: str, has: str) -> DeclarationError:
    """That CloudFormation takes no template like this. Pure."""
    problem = (
        f"its template has {has}, as CloudFormation takes; declare its batches in several stacks, as BatchApp does, "
        "which makes one for each; a workflow may have a stack of its own"
    )
    return DeclarationError(f"stack {stack}", "", problem)
