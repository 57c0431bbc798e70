"""Statements in a grantee's policy that grow: one set for many batches, however often something is granted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from batchwright.iam import grants
from batchwright.iam.policies import Statement, several

if TYPE_CHECKING:
    from aws_cdk.aws_iam import IGrantable

PAGE = 5_800
"""Characters of a set that is a managed policy: less than IAM takes of one, as a token may be longer than it looks."""


def splits_itself(grantee: "IGrantable") -> bool:
    """Whether the CDK packs what is granted into as many policies as it needs: of a role made in the app it does."""
    return isinstance(grantee.grant_principal, iam.Role)


def receiver(grantee: "IGrantable", id: str, *, first: bool = True) -> "IGrantable":
    """Whose policy statements go into: the grantee's own, or a managed policy that is attached to it.

    An inline policy of a user has 2,048 characters, in which no set fits. A role that was imported has one inline
    policy.

    Args:
        grantee: Who gets the rights.
        id: Which set; the managed policy is called so.
        first: Whether a policy of its own has room for it.
    """
    principal = grantee.grant_principal
    kind = next((one for one in ("user", "group") if hasattr(principal, f"{one}_name")), "role")
    imported = hasattr(principal, "role_arn") and not isinstance(principal, iam.Role)
    if kind == "role" and (first or not imported):
        return grantee
    node = cast("iam.IIdentity", principal).node
    scope, name = Stack.of(cast("iam.IIdentity", principal)), f"{node.id}Batchwright{id}{node.addr[-8:]}"
    made = scope.node.try_find_child(name)
    attached: dict[str, Any] = {f"{kind}s": [principal]}
    return cast("IGrantable", made or iam.ManagedPolicy(scope, name, **attached))


class StatementSet:
    """Statements by their ids, in the policy of one grantee.

    Args:
        grantee: Who gets the rights.
    """

    def __init__(self, grantee: "IGrantable") -> None:
        self._grantee = grantee
        self._added: dict[str, iam.PolicyStatement] = {}
        self._known: dict[str, Statement] = {}

    def put(self, subject: str, argument: str, statements: Sequence[Statement]) -> None:
        """Has the policy hold these statements; one of an id that it has gets what is new.

        Args:
            subject: Who grants.
            argument: The method that was called.
            statements: Statements with ids; resources and values of conditions are never fewer than before.

        Raises:
            DeclarationError: Nothing can be added to the grantee's policy.
        """
        for statement in statements:
            id = statement["Sid"]
            if id in self._added:
                self._grow(id, statement)
            else:
                for added in grants.add(subject, argument, self._grantee, [statement]):
                    self._added[id] = added
            self._known[id] = statement

    def _grow(self, id: str, statement: Statement) -> None:
        known = set(several(self._known[id]["Resource"]))
        new = [one for one in several(statement["Resource"]) if one not in known]
        if new:
            self._added[id].add_resources(*new)
        for operator, tests in _changed(self._known[id], statement):
            self._added[id].add_condition(operator, tests)


def _changed(before: Statement, after: Statement) -> Iterator[tuple[str, Mapping[str, Any]]]:
    conditions = before.get("Condition", {})
    yield from (
        (operator, tests) for operator, tests in after.get("Condition", {}).items() if conditions.get(operator) != tests
    )
