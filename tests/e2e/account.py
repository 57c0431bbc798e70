"""What there is in the account, asked of the emulator's own APIs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session

LISTS = (
    ("cloudformation", "describe_stacks", "Stacks", "StackName"),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupName"),
    ("ecr", "describe_repositories", "repositories", "repositoryName"),
    ("ecs", "list_clusters", "clusterArns", ""),
    ("ecs", "list_tasks", "taskArns", ""),
    ("ecs", "list_task_definitions", "taskDefinitionArns", ""),
    ("events", "list_rules", "Rules", "Name"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("kms", "list_aliases", "Aliases", "AliasName"),
    ("kms", "list_keys", "Keys", "KeyId"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("scheduler", "list_schedule_groups", "ScheduleGroups", "Name"),
    ("scheduler", "list_schedules", "Schedules", "Name"),
    ("ssm", "describe_parameters", "Parameters", "Name"),
)
"""Service, operation, where its answer has the list, and what names an entry."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account of the journey.

    Attributes:
        region: The region that calls go to.
        endpoint: The emulator.
        key: The access key; the emulator takes one of twelve digits for the account's id.
    """

    region: str
    endpoint: str
    key: str = "journey"

    def inventory(self) -> frozenset[str]:
        """Everything of the kinds that batchwright makes, as ``service: name``."""
        return frozenset(self._entries())

    def subnet(self) -> str:
        """The id of a subnet."""
        return str(self.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"])

    def describe_key(self, entry: str) -> str:
        """The description of a KMS key of the inventory."""
        key = self.client("kms").describe_key(KeyId=entry.removeprefix("kms: "))
        return str(key["KeyMetadata"]["Description"])

    def _entries(self) -> Iterator[str]:
        for service, operation, where, name in LISTS:
            pages = self.client(service).get_paginator(operation).paginate()
            for entry in pages.build_full_result()[where]:
                yield f"{service}: {entry[name] if name else entry}"

    def client(self, service: str) -> Any:  # noqa: ANN401 - a client's methods are made at run time
        """A client of one of its services."""
        session = botocore.session.Session()
        session.set_credentials(self.key, "journey")
        return session.create_client(service, region_name=self.region, endpoint_url=self.endpoint)
