"""Adding statements to someone else's policy."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from aws_cdk import Reference, Stack, Tokenization
from aws_cdk import aws_iam as iam
from constructs import Construct, Dependable

from batchwright.errors import DeclarationError, wrong
from batchwright.iam.policies import Statement
from batchwright.lookups import annotate, is_pending
from batchwright.tokens import TOKEN

if TYPE_CHECKING:
    from aws_cdk.aws_iam import IGrantable


def add(
    subject: str,
    argument: str,
    grantee: "IGrantable",
    statements: Sequence[Statement],
    *,
    beside: Construct | None = None,
) -> list[iam.PolicyStatement]:
    """Adds the statements to the grantee's policy, without their ids: the policy may hold the same ones already.

    Returns the statements in the grantee's own policy, to which resources may be added.
    """
    principal = principal_of(subject, argument, grantee)
    if beside is not None and would_need(grantee, statements, beside):
        attach(beside, grantee, statements)
        return []
    arn = getattr(principal, "role_arn", "")
    if is_pending(arn):  # another account's until the CDK CLI has looked it up
        annotate(Stack.of(cast("iam.IRole", principal)), f"{subject}: {argument}", [arn])
        return []
    added = [iam.PolicyStatement.from_json(statement) for statement in _nameless(statements)]
    for statement in added:
        result = principal.add_to_principal_policy(statement)
        if not _added(principal, result):
            raise DeclarationError(
                subject,
                argument,
                "nothing can be added to the grantee's policy; allowed: a role or user of this app, or an imported "
                "role of the same account that is not immutable",
            )
    return added


def principal_of(subject: str, argument: str, grantee: "IGrantable") -> iam.IPrincipal:
    """Who gets the rights."""
    principal: iam.IPrincipal | None = getattr(grantee, "grant_principal", None)
    if principal is None:
        allowed = "a role, user or group as a construct, such as iam.Role.from_role_arn(scope, ID, ARN)"
        raise wrong(subject, argument, grantee, allowed)
    return principal


def would_need(grantee: "IGrantable", statements: Sequence[Statement], beside: Construct) -> bool:
    """Whether the grantee's stack would need another one, if its policy held these statements."""
    principal, stack = cast("iam.IIdentity", grantee.grant_principal), Stack.of(beside)
    if not hasattr(principal, "attach_inline_policy") or _same(Stack.of(principal), stack):
        return False
    tokens = (Tokenization.reverse_string(text).first_token for text in TOKEN.findall(json.dumps(statements)))
    references = [cast("Reference", token) for token in tokens if Reference.is_reference(token)]
    return any(_same(Stack.of(reference.target), stack) for reference in references)


def attach(scope: Construct, grantee: "IGrantable", statements: Sequence[Statement]) -> None:
    """Has a policy in ``scope``'s stack, one for each role, user or group of another one that it is attached to."""
    identity = cast("iam.IIdentity", grantee.grant_principal)
    id = f"Grant-{identity.node.addr[-8:]}"
    policy = cast("iam.Policy | None", scope.node.try_find_child(id))
    if policy is None:
        policy = iam.Policy(scope, id)
        identity.attach_inline_policy(policy)
    policy.add_statements(*map(iam.PolicyStatement.from_json, _nameless(statements)))


def _nameless(statements: Sequence[Statement]) -> list[Statement]:
    return [{key: value for key, value in statement.items() if key != "Sid"} for statement in statements]


def _same(stack: Stack, other: Stack) -> bool:
    return stack.node.path == other.node.path


def _added(principal: iam.IPrincipal, result: iam.AddToPrincipalPolicyResult) -> bool:
    """Whether a statement was added.

    An immutable role, and one of another account, says that it was. But it has no policy to depend on then; nor has a
    role made in this app, whose policies are made at the end.
    """
    if not result.statement_added or isinstance(principal, iam.Role):
        return result.statement_added
    policy = result.policy_dependable
    return policy is not None and bool(Dependable.of(policy).dependency_roots)
