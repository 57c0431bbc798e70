"""What a batch's file says of permissions: its two roles, what was granted to each and where, and who may run it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A statement of a role."""

    # The statement, as IAM has it; what only a deployment knows is marked
    statement: Mapping[str, Any]
    # The line that granted it, ``batches/report/batch.py:31``; empty where that is not known
    at: str = ""
    # The reason that the declaration gives; empty for none
    reason: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Reads one."""
        return cls(statement=data["statement"], at=data.get("at", ""), reason=data.get("reason", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """A managed policy that is attached to a role."""

    arn: Any
    # The line that attached it; empty where that is not known
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAccess:
    """A role of a batch."""

    arn: Any = ""
    # It was given to the batch, and may have policies that the project does not know of
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
    """Someone who may do something with the batch."""

    # A role's or user's ARN, or where the project makes it
    who: str
    # The method that granted it: ``grant_run``
    grant: str
    # ``batch`` for this batch alone, ``stage`` for all batches of its stage
    on: str
    # The line that granted it; empty where that is not known
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """All of it."""

    task: RoleAccess = field(default_factory=RoleAccess)
    execution: RoleAccess = field(default_factory=RoleAccess)
    # Who may run the batch, as far as this project grants it
    callers: Sequence[Caller] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Reads it."""
        return cls(
            task=RoleAccess.from_dict(data.get("task", {})),
            execution=RoleAccess.from_dict(data.get("execution", {})),
            callers=tuple(Caller(**caller) for caller in data.get("callers", ())),
        )
