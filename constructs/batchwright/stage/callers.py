"""Who may run all batches of a stage, and the existing resources of its batches, which they need rights on too.

Names of what the library makes follow from the stage's; a role or log group that was there before has a name of its
own. Grants and batches may be declared in any order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from batchwright.arns import Place
from batchwright.errors import wrong
from batchwright.iam import grants, run_policies
from batchwright.iam.policies import Statement
from batchwright.task.existing import Existing
from batchwright.task.outside import log_group_name, role_arn

if TYPE_CHECKING:
    from aws_cdk.aws_iam import IGrantable


@dataclass(frozen=True, slots=True)
class Adopted:
    """What of existing resources a caller of a batch must be allowed.

    Attributes:
        roles: ARNs of its given roles.
        log_groups: ARN of its given log group.
        batch: The batch; ``None`` for one of another app.
    """

    roles: tuple[str, ...]
    log_groups: tuple[str, ...]
    batch: Construct | None = None

    @classmethod
    def of(cls, existing: Existing, place: Place, batch: Construct | None = None) -> "Adopted":
        """What a batch was given.

        Args:
            existing: The resources.
            place: Account and region of the stage.
            batch: The batch; ``None`` for one of another app.
        """
        roles = (existing.task_role, existing.execution_role)
        groups = [existing.log_group] if existing.log_group is not None else []
        return cls(
            roles=tuple(role_arn(one, place) for one in roles if one is not None),
            log_groups=tuple(place.log_group(log_group_name(one)) for one in groups),
            batch=batch,
        )

    def statements(self, but: Iterable[str] = ()) -> list[Statement]:
        """Passing its roles and reading its log.

        Args:
            but: ARNs that are allowed already.
        """
        known = set(but)
        roles = [one for one in dict.fromkeys(self.roles) if one not in known]
        groups = [one for one in self.log_groups if one not in known]
        return [
            *([run_policies.pass_roles(roles)] if roles else []),
            *([run_policies.read_logs(groups)] if groups else []),
        ]


def check_existing(subject: str, given: "Existing | Sequence[Existing]") -> tuple[Existing, ...]:
    """Existing resources of batches of other apps, checked.

    Raises:
        DeclarationError: It is something else.
    """
    several = (given,) if isinstance(given, Existing) else tuple(given)
    for one in several:
        if not isinstance(one, Existing):
            raise wrong(subject, "existing", one, "Existing(…), with the roles and log groups that batches were given")
        one.check(subject)
    return several


@dataclass(slots=True)
class _Caller:
    grantee: "IGrantable"
    allowed: set[str] = field(default_factory=set)
    statements: dict[str, iam.PolicyStatement] = field(default_factory=dict)

    def allow(self, subject: str, statement: Statement) -> None:
        """Adds a statement, to the one of its kind where there is one."""
        kind, resources = statement["Sid"], statement["Resource"]
        arns = [resources] if isinstance(resources, str) else resources
        if kind in self.statements:
            self.statements[kind].add_resources(*arns)
        else:
            for added in grants.add(subject, "grant_run", self.grantee, [statement]):
                self.statements[kind] = added
        self.allowed.update(arns)


class Callers:
    """The callers of one stage.

    Args:
        subject: The stage, for messages.
    """

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._callers: list[_Caller] = []
        self._adopted: list[Adopted] = []

    def add(self, grantee: "IGrantable", existing: Sequence[Adopted] = ()) -> None:
        """Takes in someone who may run all batches of the stage.

        Args:
            grantee: The role or user.
            existing: What batches of other apps were given.

        Raises:
            DeclarationError: Nothing can be added to its policy.
        """
        caller = _Caller(grantee)
        self._callers.append(caller)
        for one in (*self._adopted, *existing):
            self._let(caller, one)

    def adopt(self, adopted: Adopted) -> None:
        """Takes in what a batch was given; nothing happens for one that was given nothing.

        Raises:
            DeclarationError: Nothing can be added to a caller's policy.
        """
        if not adopted.statements():
            return
        self._adopted.append(adopted)
        for caller in self._callers:
            self._let(caller, adopted)

    def _let(self, caller: _Caller, adopted: Adopted) -> None:
        for statement in adopted.statements(caller.allowed):
            if adopted.batch is not None and grants.would_need(caller.grantee, [statement], adopted.batch):
                grants.attach(adopted.batch, caller.grantee, [statement])
            else:
                caller.allow(self._subject, statement)
