"""The account of a trial: whether it may be used, and the mark by which what is left of a trial is found."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from tests.on_aws.trial import Trial

TAG = "batchwright-trial"
"""The tag of everything that a trial makes."""
MARK = "/trial-network/subnets"
"""A parameter with the tag: made first, and removed last."""
OWN_STACKS = ("trial-", "CDKToolkit")


def marked(trial: Trial) -> bool:
    """Whether a trial has begun here, and was not removed to its end."""
    try:
        tags = trial.client("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=MARK)["TagList"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidResourceId":
            raise
        return False
    return any(tag["Key"] == TAG for tag in tags)


def mark(trial: Trial) -> None:
    """Marks the account: the parameter of the subnets that the project is deployed into."""
    found = trial.client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    value = ",".join(one["SubnetId"] for one in found)
    if not value:
        raise SystemExit(
            "make trial: the default VPC is missing: it has no subnet. Make one: aws ec2 create-default-vpc"
        )
    tags = [{"Key": TAG, "Value": "yes"}]
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
