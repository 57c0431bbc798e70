"""What of existing resources a batch was given, as those who run it need rights on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from constructs import Construct

from batchwright.arns import Place
from batchwright.errors import wrong
from batchwright.names import StageNames
from batchwright.task.existing import Existing
from batchwright.task.outside import log_group_name, role_arn


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What of existing resources a batch was given.

    Attributes:
        name: The batch; empty for one of another app.
        task_role: ARN of its task role; empty for its own.
        execution_role: ARN of its execution role; likewise.
        log_group: ARN of its log group; likewise.
        deadline_role: ARN of the role that its deadlines use; likewise.
        batch: The batch itself; ``None`` for one of another app.
    """

    name: str = ""
    task_role: str = ""
    execution_role: str = ""
    log_group: str = ""
    deadline_role: str = ""
    batch: Construct | None = None

    @classmethod
    def of(cls, existing: Existing, place: Place, name: str = "", batch: Construct | None = None) -> "Adopted":
        """What a batch was given.

        Args:
            existing: The resources.
            place: Account and region of the stage.
            name: Name of the batch; empty for one of another app.
            batch: The batch; ``None`` for one of another app.
        """
        group = existing.log_group
        return cls(
            name=name,
            task_role=role_arn(existing.task_role, place) if existing.task_role else "",
            execution_role=role_arn(existing.execution_role, place) if existing.execution_role else "",
            log_group=place.log_group(log_group_name(group)) if group else "",
            deadline_role=role_arn(existing.deadline_role, place) if existing.deadline_role else "",
            batch=batch,
        )

    @property
    def roles(self) -> list[str]:
        """ARNs of the roles that it was given."""
        return [one for one in (self.task_role, self.execution_role) if one]

    @property
    def log_groups(self) -> list[str]:
        """ARN of the log group that it was given."""
        return [self.log_group] if self.log_group else []

    @property
    def deadline_roles(self) -> list[str]:
        """ARN of the role for deadlines that it was given."""
        return [self.deadline_role] if self.deadline_role else []


def own(place: Place, names: StageNames, batch: str, adopted: Adopted) -> Adopted:
    """What is made for a batch: the roles and the log group that it was not given. Pure."""
    path = names.role_path[1:]
    return Adopted(
        name=batch,
        task_role="" if adopted.task_role else place.role(f"{path}{names.task_role(batch)}"),
        execution_role="" if adopted.execution_role else place.role(f"{path}{names.execution_role(batch)}"),
        log_group="" if adopted.log_group else place.log_group(names.log_group(batch)),
        deadline_role="" if adopted.deadline_role else place.role(f"{path}{names.deadline_role(batch)}"),
    )


def check_existing(subject: str, given: Existing | Sequence[Existing]) -> tuple[Existing, ...]:
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
