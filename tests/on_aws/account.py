"""The account of a trial: whether it may be used, and the mark by which what is left of a trial is found."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from tests.on_aws.trial import Trial

TAG = "batchwright-trial"
"""The tag of everything that a trial makes."""
MARK = "/trial-network/subnets"
"""A parameter with the tag: made first, and removed last."""
ECS_ROLE = "AWSServiceRoleForECS"
WITH_ROLE, WITHOUT_ROLE = "yes", "no-ecs-role-before"
"""The mark's tag: whether ECS had its role before, so that the trial does not remove it."""


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
    found = trial.client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    value = ",".join(one["SubnetId"] for one in found)
    if not value:
        raise SystemExit("make trial: the default VPC is missing: aws ec2 create-default-vpc makes one")
    tags = [{"Key": TAG, "Value": WITH_ROLE if has_role(trial) else WITHOUT_ROLE}]
    trial.client("ssm").put_parameter(Name=MARK, Type="String", Value=value, Tags=tags)


def in_the_way(trial: Trial) -> Iterator[str]:
    """What is in the account that is none of a trial's: names that are taken, and stacks and clusters of others."""
    stacks = trial.client("cloudformation").get_paginator("describe_stacks").paginate().build_full_result()["Stacks"]
    yield from (f"stack {one['StackName']}" for one in stacks if one["StackName"] != "CDKToolkit")
    clusters = trial.client("ecs").get_paginator("list_clusters").paginate().build_full_result()["clusterArns"]
    yield from (f"cluster {arn.rpartition('/')[2]}" for arn in clusters)
    roles = trial.client("iam").get_paginator("list_roles").paginate().build_full_result()["Roles"]
    yield from (f"role {one['RoleName']}" for one in roles if one["RoleName"].startswith("trial-"))
    lists = (
        ("ssm", "describe_parameters", "Parameters", "Name", "parameter", "/trial"),
        ("logs", "describe_log_groups", "logGroups", "logGroupName", "log group", "/trial/"),
        ("ecr", "describe_repositories", "repositories", "repositoryName", "repository", "trial/"),
        ("kms", "list_aliases", "Aliases", "AliasName", "key", "alias/trial-"),
        ("stepfunctions", "list_state_machines", "stateMachines", "name", "state machine", "trial-"),
    )
    for service, operation, where, name, kind, prefix in lists:
        found = trial.client(service).get_paginator(operation).paginate().build_full_result()[where]
        yield from (f"{kind} {one[name]}" for one in found if one[name].startswith(prefix))
