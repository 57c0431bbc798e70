"""Adding statements to somebody else's policy."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Dependable

from batchwright.errors import DeclarationError
from batchwright.iam.policies import Statement

if TYPE_CHECKING:
    from aws_cdk.aws_iam import IGrantable


def add(subject: str, argument: str, grantee: "IGrantable", statements: Sequence[Statement]) -> None:
    """Adds the statements to the grantee's policy, without their ids: the policy may hold the same ones already.

    Raises:
        DeclarationError: The grantee is a role whose policy this app does not own.
    """
    principal = grantee.grant_principal
    for statement in statements:
        nameless = {key: value for key, value in statement.items() if key != "Sid"}
        result = principal.add_to_principal_policy(iam.PolicyStatement.from_json(nameless))
        if not _added(principal, result):
            raise DeclarationError(
                subject,
                argument,
                "nothing can be added to the grantee's policy; allowed: a role or user of this app, or an imported "
                "role of the same account that is not immutable",
            )


def _added(principal: iam.IPrincipal, result: iam.AddToPrincipalPolicyResult) -> bool:
    """Whether a statement was added.

    An immutable role, and one of another account, says that it was. But it has no policy to depend on then; nor has a
    role made in this app, whose policies are made at the end.
    """
    if not result.statement_added or isinstance(principal, iam.Role):
        return result.statement_added
    policy = result.policy_dependable
    return policy is not None and bool(Dependable.of(policy).dependency_roots)
