"""Statements in a grantee's policy that grow: one set for many batches, however often something is granted."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from batchwright.iam import grants, sizes
from batchwright.iam.policies import Statement, several

if TYPE_CHECKING:
    from aws_cdk.aws_iam import IGrantable

_ROOM = 5_800
"""Characters of a set that is a managed policy: less than IAM takes of one, as a token may be longer than it looks."""


def receiver(grantee: "IGrantable", id: str, *, first: bool = True) -> "IGrantable":
    """Whose policy statements go into: the grantee's own, or a managed policy that is attached to it.

    An inline policy of a user has 2,048 characters, in which no set fits. A role that was imported has one inline
    policy.
    """
    principal = grantee.grant_principal
    kind = next((kind for kind in ("user", "group") if hasattr(principal, f"{kind}_name")), "role")
    imported = hasattr(principal, "role_arn") and not isinstance(principal, iam.Role)
    if kind == "role" and (first or not imported):
        return grantee
    node = cast("iam.IIdentity", principal).node
    scope, name = Stack.of(cast("iam.IIdentity", principal)), f"{node.id}Batchwright{id}{node.addr[-8:]}"
    policy = scope.node.try_find_child(name)
    attached: dict[str, Any] = {f"{kind}s": [principal]}
    return cast("IGrantable", policy or iam.ManagedPolicy(scope, name, **attached))


class StatementSet:
    """Statements by their ids, in the policy of one grantee. Nothing is ever taken out of it."""

    def __init__(self, grantee: "IGrantable", id: str, *, first: bool = True) -> None:
        self._grantee = grantee
        self._id = id
        self._first = first
        self._added: dict[str, iam.PolicyStatement] = {}
        self._known: dict[str, Statement] = {}

    def has_room(self, statements: Sequence[Statement]) -> bool:
        """Whether it can hold these statements: the CDK splits the policy of a role that it makes, but no statement."""
        is_split = isinstance(self._grantee.grant_principal, iam.Role)
        parts = [[statement] for statement in statements] if is_split else [statements]
        return max(map(sizes.size, parts)) <= _ROOM

    def put(
        self, subject: str, argument: str, statements: Sequence[Statement], *, beside: Construct | None = None
    ) -> None:
        """Has the policy allow this; a statement of an id that it has gets what is new."""
        for statement in statements:
            id = statement["Sid"]
            known = self._known.get(id, {"Resource": []})
            arns = [arn for arn in dict.fromkeys(several(statement["Resource"])) if arn not in known["Resource"]]
            new = {**statement, "Resource": arns}
            if arns and beside is not None and grants.would_need(self._grantee, [new], beside):
                grants.attach(beside, self._grantee, [new])
            elif arns or new.get("Condition") != known.get("Condition"):
                self._known[id] = {**statement, "Resource": [*known["Resource"], *arns]}
                if id in self._added:
                    _grow(self._added[id], known, new)
                else:
                    for added in grants.add(subject, argument, self._receiver, [new]):
                        self._added[id] = added

    @cached_property
    def _receiver(self) -> "IGrantable":
        return receiver(self._grantee, self._id, first=self._first)


def _grow(added: iam.PolicyStatement, known: Statement, new: Statement) -> None:
    if new["Resource"]:
        added.add_resources(*new["Resource"])
    if new.get("Condition") != known.get("Condition"):
        for operator, tests in new["Condition"].items():
            added.add_condition(operator, tests)
