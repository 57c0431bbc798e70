"""What of existing resources a batch was given, as those who run it need rights on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Stack
from constructs import Construct

from batchwright.arns import Place
from batchwright.errors import DeclarationError, wrong
from batchwright.iam.machine_policies import STATES
from batchwright.iam.policies import SCHEDULER, TASKS, can_take
from batchwright.task.existing import Existing
from batchwright.task.outside import log_group_name, role_arn
from batchwright_runner.contract.names import StageNames


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What of existing resources a batch was given."""

    # The batch; empty for one of another app
    name: str = ""
    arns: Mapping[str, str] = field(default_factory=dict)
    # The batch itself; ``None`` for one of another app
    batch: Construct | None = None

    @classmethod
    def of(cls, existing: Existing, place: Place, name: str = "", batch: Construct | None = None) -> "Adopted":
        """What a batch was given.

        `name`: Name of the batch; empty for one of another app.
        `batch`: the batch; ``None`` for one of another app.
        """
        roles = {argument: getattr(existing, argument) for argument in ("task_role", "execution_role", "deadline_role")}
        arns = {argument: role_arn(role, place) for argument, role in roles.items() if role}
        if existing.log_group:
            arns["log_group"] = place._log_group(log_group_name(existing.log_group))
        return cls(name=name, arns=arns, batch=batch)

    def of_kind(self, *arguments: str) -> list[str]:
        """The ARNs of what was given as these arguments."""
        return [self.arns[argument] for argument in arguments if argument in self.arns]

    @property
    def roles(self) -> list[str]:
        """ARNs of the roles that its tasks have."""
        return self.of_kind("task_role", "execution_role")


def own(place: Place, names: StageNames, batch: str, adopted: Adopted) -> Adopted:
    """What is made for a batch: the roles and the log group that it was not given. Pure."""
    path = names.role_path[1:]
    arns = {
        "task_role": place._role(f"{path}{names.task_role(batch)}"),
        "execution_role": place._role(f"{path}{names.execution_role(batch)}"),
        "log_group": place._log_group(names.log_group(batch)),
        "deadline_role": place._role(f"{path}{names.deadline_role(batch)}"),
    }
    return Adopted(name=batch, arns={kind: arn for kind, arn in arns.items() if kind not in adopted.arns})


def adopted_elsewhere(subject: str, existing: Existing | Sequence[Existing], place: Place) -> list[Adopted]:
    """What batches of other apps were given, checked."""
    groups = (existing,) if isinstance(existing, Existing) else tuple(existing)
    for group in groups:
        if not isinstance(group, Existing):
            raise wrong(
                subject, "existing", group, "Existing(…), with the roles and log groups that batches were given"
            )
        group._check(subject)
    return [Adopted.of(group, place) for group in groups]


_TAKEN_BY = {"task_role": TASKS, "execution_role": TASKS, "deadline_role": SCHEDULER, "machine_role": STATES}


def check_trust(subject: str, existing: Existing) -> None:
    """Raises for a role that this app makes and that the service which uses it cannot take; asked at the end."""
    for argument, service in _TAKEN_BY.items():
        role = getattr(existing, argument)
        trust = getattr(role, "assume_role_policy", None)  # a role of another app shows none
        if trust is not None and not can_take(service, Stack.of(role).resolve(trust.to_json())):
            problem = f"{service} cannot take {role.node.path}; allowed: a role whose trust lets it"
            raise DeclarationError(subject, argument, problem)
