"""`Existing`: what a batch uses of other people's resources."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from batchwright.arguments import checked_fields
from batchwright.arns import Place
from batchwright.errors import wrong
from batchwright.lookups import is_pending
from batchwright.task.limits import SECURITY_GROUPS, check_number
from batchwright.task.network_ids import ids_of
from batchwright.task.outside import IN_SSM, check_home, check_network
from batchwright.tokens import is_token

_ROLES = ("task_role", "execution_role", "deadline_role", "machine_role")


@checked_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """Existing resources that a batch uses instead of making its own: ``existing=Existing(task_role=role)``.

    Attributes:
        log_group: A log group. Default: one is made, which keeps the log for ``log_retention_days``.
        task_role: A task role. Default: one is made that may do nothing.
        execution_role: An execution role; it gets what the batch needs, unless it was imported as immutable. Default:
            one is made.
        deadline_role: The role with which EventBridge Scheduler stops a task at its deadline; it is used as it is.
            Default: one is made.
        machine_role: The role of the batch's state machine; it is used as it is. Default: one is made.
        security_groups: The groups that the batch is in, or their ids. Default: the platform's; if it has none and
            knows its VPC, a group of the batch's own.
        rundeck_uuid: Stage to UUID of the job in Rundeck that stands for the batch already, so that an export replaces
            that job in place. Default: the job gets a UUID of its own, always the same.
        unfinished: What is left to do before the batch takes the place of an older job, in your words. Until you delete
            the argument, no export has the batch, AWS cannot start it by a schedule, and ``list`` and ``verify`` show
            the words. Default: nothing.
    """

    log_group: logs.ILogGroup | None = None
    task_role: iam.IRole | None = None
    execution_role: iam.IRole | None = None
    deadline_role: iam.IRole | None = None
    machine_role: iam.IRole | None = None
    security_groups: Sequence[str | ec2.ISecurityGroup] | ec2.ISecurityGroup | None = None
    rundeck_uuid: str | Mapping[str, str] | None = None
    unfinished: Sequence[str] = ()

    def _check_home(self, subject: str, place: Place) -> None:
        """Raises for a role or log group that a task of the stage cannot have.

        A role is passed within its account alone (IAM user guide, "Grant a user permissions to pass a role to an AWS
        service", 2026-11).

        Raises:
            DeclarationError: It is in another account, or the log group or a security group in another region.
        """
        check_home(subject, "log_group", self.log_group, place, "a log group")
        for argument in _ROLES:
            check_home(subject, argument, getattr(self, argument), place, "a role", same="account")
        check_network(subject, place, security_groups=self.security_groups)

    def _check(self, subject: str) -> None:
        """Raises unless these are what they are given as.

        Raises:
            DeclarationError: Naming the argument, what was given and what is allowed.
        """
        # By a member: isinstance does not work with CDK's interfaces.
        if self.log_group is not None and not hasattr(self.log_group, "log_group_name"):
            raise wrong(subject, "log_group", self.log_group, "a log group, such as LogGroup.from_log_group_name(…)")
        for argument in _ROLES:
            role = getattr(self, argument)
            if role is not None and not hasattr(role, "role_arn"):
                raise wrong(subject, argument, role, "a role, such as Role.from_role_arn(…)")
        groups = self._group_ids(subject)
        if groups is not None and not isinstance(groups, str):
            check_number(subject, "security_groups", groups, SECURITY_GROUPS, "groups")
        for group in [groups] if isinstance(groups, str) else groups or ():
            later = isinstance(group, str) and (is_token(group) or is_pending(group))
            if isinstance(groups, str) or not (later or re.fullmatch("sg-[0-9a-z]+", str(group))):
                allowed = f"a list of ids such as sg-0123456789abcdef0, of security groups, or of {IN_SSM}"
                raise wrong(subject, "security_groups", group, allowed)

    def _group_ids(self, subject: str) -> Sequence[str] | None:
        """Ids of the security groups; ``None`` where none are given."""
        groups: Sequence[str] | None = ids_of(subject, "security_groups", self.security_groups)
        return groups
