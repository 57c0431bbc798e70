"""A batch's own task role, which remembers the line of the project that added each permission."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import aws_iam as iam

from batchwright.origins import SourceLine, caller

if TYPE_CHECKING:
    from constructs import Construct


@dataclass(frozen=True, slots=True)
class Added:
    """Something that was added to a role."""

    # The statement, the inline policy or the managed policy
    what: Any
    # The project's line that did it; ``None`` where no file did
    origin: SourceLine | None


class TaskRole(iam.Role):
    """A role like any other. aws-cdk-lib's grants call these methods while the project's line is still on the stack."""

    def __init__(self, scope: "Construct", id: str, **arguments: Any) -> None:  # noqa: ANN401 - those of iam.Role
        self.statements: list[Added] = []
        self.managed: list[Added] = []
        self._inline: list[Added] = []
        super().__init__(scope, id, **arguments)

    @jsii.member(jsii_name="addToPrincipalPolicy")
    def add_to_principal_policy(self, statement: iam.PolicyStatement) -> iam.AddToPrincipalPolicyResult:
        """Adds a statement, and remembers whose it is."""
        self.statements.append(Added(statement, caller()))
        return super().add_to_principal_policy(statement)

    @jsii.member(jsii_name="addManagedPolicy")
    def add_managed_policy(self, policy: iam.IManagedPolicy) -> None:
        """Attaches a managed policy, and remembers where."""
        self.managed.append(Added(policy, caller()))
        super().add_managed_policy(policy)

    @jsii.member(jsii_name="attachInlinePolicy")
    def attach_inline_policy(self, policy: iam.Policy) -> None:
        """Attaches a policy, and remembers where."""
        self._inline.append(Added(policy, caller()))
        super().attach_inline_policy(policy)

    def attached(self) -> list[Added]:
        """The inline policies but for the role's own, whose statements are known. CDK attaches each one twice."""
        by_path = {policy.what.node.path: policy for policy in reversed(self._inline)}
        return [policy for path, policy in reversed(by_path.items()) if path != f"{self.node.path}/DefaultPolicy"]
