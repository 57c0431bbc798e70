"""IAM's roles, as far as a look at them needs it."""

from dataclasses import dataclass, field
from typing import Any

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@dataclass
class Role:
    """A role."""

    trust: dict[str, Any] = field(default_factory=lambda: TRUST)


def may_be_taken(role: Role | None) -> bool:
    """Whether ECS can take a role for its tasks."""
    document = role.trust.get("Statement", []) if role else []
    statements = [document] if isinstance(document, dict) else document
    return any(statement["Principal"].get("Service") == "ecs-tasks.amazonaws.com" for statement in statements)
