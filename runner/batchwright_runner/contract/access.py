"""What a batch's file says of permissions: its two roles, what was granted to each and where, and who may run it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A statement of a role.

    Attributes:
        statement: The statement, as IAM has it; what only a deployment knows is marked.
        at: The line that granted it, ``batches/report/batch.py:31``; empty where that is not known.
        reason: The reason that the declaration gives; empty for none.
    """

    statement: Mapping[str, Any]
    at: str = ""
    reason: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Reads one."""
        return cls(statement=data["statement"], at=data.get("at", ""), reason=data.get("reason", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """A managed policy that is attached to a role.

    Attributes:
        arn: Its ARN; marked where only a deployment knows it.
        at: The line that attached it; empty where that is not known.
    """

    arn: Any
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAccess:
    """A role of a batch.

    Attributes:
        arn: Its ARN; marked where only a deployment knows it.
        adopted: It was given to the batch, and may have policies that the project does not know of.
        grants: Its statements, in the order in which they were granted.
        managed: The managed policies that the project attaches to it.
    """

    arn: Any = ""
    adopted: bool = False
    grants: Sequence[Grant] = ()
    managed: Sequence[Managed] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Reads one."""
        return cls(
            arn=data.get("arn", ""),
            adopted=bool(data.get("adopted")),
            grants=tuple(Grant.from_dict(grant) for grant in data.get("grants", ())),
            managed=tuple(Managed(arn=policy["arn"], at=policy.get("at", "")) for policy in data.get("managed", ())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Someone who may do something with the batch.

    Attributes:
        who: A role's or user's ARN, or where the project makes it.
        grant: The method that granted it: ``grant_run``.
        on: ``batch`` for this batch alone, ``stage`` for all batches of its stage.
        at: The line that granted it; empty where that is not known.
    """

    who: str
    grant: str
    on: str
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """All of it.

    Attributes:
        task: The role that the containers act with.
        execution: The role that ECS starts them with.
        callers: Who may run the batch, as far as this project grants it.
    """

    task: RoleAccess = field(default_factory=RoleAccess)
    execution: RoleAccess = field(default_factory=RoleAccess)
    callers: Sequence[Caller] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Reads it."""
        return cls(
            task=RoleAccess.from_dict(data.get("task", {})),
            execution=RoleAccess.from_dict(data.get("execution", {})),
            callers=tuple(Caller(**caller) for caller in data.get("callers", ())),
        )
