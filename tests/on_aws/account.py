"""The account of a trial: whether it may be used, and by what mark and names a trial's things are found there."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from tests.on_aws.acts import as_role, refused
from tests.on_aws.trial import NotWithin, Trial

TAG = "batchwright-trial"
"""The tag of everything that a trial makes."""
MARK = "/trial-network/subnets"
"""A parameter with the tag: made first, and removed last."""
ECS_ROLE = "AWSServiceRoleForECS"
WITH_ROLE, WITHOUT_ROLE = "yes", "no-ecs-role-before"
"""The mark's tag: whether ECS had its role before, so that the trial does not remove it."""
WITHOUT_RIGHTS = "trial-without-rights"
"""A role that every request must be refused to, where policies are evaluated at all."""
KNOWN = 60.0
"""Seconds until a new role is known everywhere, at most."""
REFUSED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


def marked(trial: Trial) -> str:
    """The mark of a trial that has begun here, and was not removed to its end; empty for none."""
    try:
        tags = trial.client("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=MARK)["TagList"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidResourceId":
            raise
        return ""
    return next((str(tag["Value"]) for tag in tags if tag["Key"] == TAG), "")


def has_role(trial: Trial) -> bool:
    """Whether ECS has its role in this account."""
    try:
        return bool(trial.client("iam").get_role(RoleName=ECS_ROLE))
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return False


def mark(trial: Trial) -> None:
    """Marks the account: the parameter of the subnets that the project is deployed into."""
    subnets = trial.client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    value = ",".join(subnet["SubnetId"] for subnet in subnets)
    if not value:
        raise SystemExit("make trial: the default VPC is missing: aws ec2 create-default-vpc makes one")
    tags = [{"Key": TAG, "Value": WITH_ROLE if has_role(trial) else WITHOUT_ROLE}]
    trial.client("ssm").put_parameter(Name=MARK, Type="String", Value=value, Tags=tags)


def in_the_way(trial: Trial) -> Iterator[str]:
    """What is in the account that is none of a trial's: names that are taken, and stacks and clusters of others."""
    stacks = [stack["StackName"] for stack in trial.all("cloudformation", "describe_stacks", "Stacks")]
    yield from (f"stack {name}" for name in stacks if name != "CDKToolkit")
    yield from (f"cluster {arn.rpartition('/')[2]}" for arn in trial.all("ecs", "list_clusters", "clusterArns"))
    for kind in NAMED:
        yield from (f"{kind.kind} {name}" for name in kind.names(trial))


class Named(NamedTuple):
    """A kind of which all that a trial makes has a name that begins so.

    Attributes:
        kind: What it is.
        service: The service that has it.
        lists: The operation that lists all.
        where: Where its answer has the list.
        name: What names an entry.
        begins: How the names of a trial's begin.
        removes: The operation that removes one; empty where its stack does.
        more: What that is given beside the name.
    """

    kind: str
    service: str
    lists: str
    where: str
    name: str
    begins: tuple[str, ...]
    removes: str = ""
    more: tuple[tuple[str, Any], ...] = ()

    def names(self, trial: Trial) -> list[str]:
        """The names of a trial's."""
        entries = trial.all(self.service, self.lists, self.where)
        return [entry[self.name] for entry in entries if entry[self.name].startswith(self.begins)]


NAMED = (
    Named("role", "iam", "list_roles", "Roles", "RoleName", ("trial-",)),
    Named("key", "kms", "list_aliases", "Aliases", "AliasName", ("alias/trial-",)),
    Named("state machine", "stepfunctions", "list_state_machines", "stateMachines", "name", ("trial-",)),
    Named(
        *("log group", "logs", "describe_log_groups", "logGroups", "logGroupName"),
        begins=("/trial/", "/aws/lambda/trial-"),
        removes="delete_log_group",
    ),
    Named(
        *("repository", "ecr", "describe_repositories", "repositories", "repositoryName", ("trial/",)),
        removes="delete_repository",
        more=(("force", True),),
    ),
    Named(
        *("parameter", "ssm", "describe_parameters", "Parameters", "Name"),
        begins=("/trial/", "/trial-network/", "/cdk-bootstrap/trial/"),
        removes="delete_parameter",
    ),
)


def evaluates_policies(trial: Trial) -> bool:
    """Whether an account evaluates policies at all: without that no answer proves that a policy is enough."""
    iam, account = trial.client("iam"), trial.account
    allowed = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.create_role(RoleName=WITHOUT_RIGHTS, AssumeRolePolicyDocument=trust, Tags=[{"Key": TAG, "Value": "yes"}])
    try:
        client = trial.until(lambda: refused(lambda: as_role(trial, WITHOUT_RIGHTS, "ecs"))[0], KNOWN, every=3)
        _, why = refused(client.list_clusters)
        return why.startswith(REFUSED)
    except NotWithin as error:
        raise SystemExit(
            f"make trial: no role can be taken within {KNOWN:g} s; the account's root may take none"
        ) from error
    finally:
        iam.delete_role(RoleName=WITHOUT_RIGHTS)
