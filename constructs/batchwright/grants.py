"""Adding statements to somebody else's policy."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from batchwright.errors import DeclarationError
from batchwright.policies import Statement

if TYPE_CHECKING:
    from aws_cdk.aws_iam import IGrantable


def add(subject: str, argument: str, grantee: "IGrantable", statements: Sequence[Statement]) -> None:
    """Adds the statements to the grantee's policy, without their ids: the policy may hold the same ones already.

    Raises:
        DeclarationError: The grantee is a role whose policy this app does not own.
    """
    for statement in statements:
        nameless = {key: value for key, value in statement.items() if key != "Sid"}
        result = grantee.grant_principal.add_to_principal_policy(iam.PolicyStatement.from_json(nameless))
        if not result.statement_added:
            raise DeclarationError(
                subject,
                argument,
                "nothing can be added to the grantee's policy; allowed: a role or user of this app, or an imported "
                "role of the same account that is not immutable",
            )
