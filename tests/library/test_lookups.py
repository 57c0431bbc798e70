"""What is looked up in AWS by the CDK CLI: a first synthesis gets to its end, and what is missing is never deployed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Annotations, Match

from batchwright import BatchImage, BatchPlatform, Existing, FargateBatch, Parameter, Secret
from tests.library.support import STAGING, app, app_and_stack, batch, platform, stack


def looked_up(scope: Stack) -> ec2.IVpc:
    return ec2.Vpc.from_lookup(scope, "Vpc", vpc_name="main")


def errors(home: App, path: str) -> list[str]:
    """The errors that a construct's stack has, for which the CDK CLI deploys it not."""
    return all_errors(home).get(path, [])


def all_errors(home: App) -> dict[str, list[str]]:
    """Path of a construct to such errors."""
    errors_by_path: dict[str, list[str]] = {}
    for artifact in written(home)["artifacts"].values():
        for path, entries in metadata(Path(home.outdir), artifact).items():
            errors_by_path.setdefault(path, []).extend(
                str(entry["data"]) for entry in entries if entry["type"] == "aws:cdk:error"
            )
    return errors_by_path


def written(home: App) -> dict[str, Any]:
    """What the CDK CLI reads of an assembly."""
    read: dict[str, Any] = json.loads(Path(home.synth().directory, "manifest.json").read_text(encoding="utf-8"))
    return read


def metadata(folder: Path, artifact: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    beside = artifact.get("additionalMetadataFile")
    read: dict[str, Any] = json.loads((folder / beside).read_text(encoding="utf-8")) if beside else {}
    return {**artifact.get("metadata", {}), **read}


def test_a_vpc_and_its_subnets() -> None:
    home = app()
    first, ours = stack(home, "first"), stack(home)
    vpc = looked_up(first)
    subnets = [subnet.subnet_id for subnet in vpc.private_subnets]
    on = BatchPlatform(first, "Platform", stage="staging", vpc_id=vpc.vpc_id, subnets=subnets)
    batch(ours, on)

    (error,) = errors(home, "/first/Platform")

    assert error.startswith("platform staging: ")
    assert "vpc-12345 stands for a value that the CDK has not looked up yet" in error
    # The batch's own stack is not deployed either, with --exclusively.
    assert errors(home, "/stack/report")


def test_a_vpc_that_was_looked_up_is_taken() -> None:
    home = app()
    first = stack(home, "first")
    looked_up(first)
    (missing,) = [entry["key"] for entry in written(home)["missing"]]
    subnet = {"subnetId": "subnet-1", "cidr": "10.0.0.0/24", "availabilityZone": "a", "routeTableId": "r"}
    vpc_context = {
        "vpcId": "vpc-0123456789abcdef0",
        "vpcCidrBlock": "10.0.0.0/16",
        "availabilityZones": [],
        "subnetGroups": [{"name": "Private", "type": "Private", "subnets": [subnet]}],
    }
    again = app(**{missing: vpc_context})
    ours = stack(again, "first")
    vpc = looked_up(ours)
    made = batch(ours, platform(ours, vpc_id=vpc.vpc_id, subnets=[subnet.subnet_id for subnet in vpc.private_subnets]))

    assert errors(again, "/first/Platform") == []
    assert made.manifest.subnets == ("subnet-1",)


def value(scope: Stack) -> str:
    return ssm.StringParameter.value_from_lookup(scope, "/theirs/value")


DECLARED: dict[str, Callable[[Stack], dict[str, Any]]] = {
    "environment": lambda scope: {"environment": {"HOST": value(scope)}},
    "a parameter": lambda scope: {"parameters": {"HOST": value(scope)}},
    "a parameter's name": lambda scope: {"parameters": {"HOST": Parameter.existing(value(scope))}},
    "a secret's name": lambda scope: {"secrets": [Secret.existing("KEY", value(scope))]},
    "a secret's ARN": lambda scope: {"secrets": [Secret.secrets_manager("KEY", value(scope))]},
    "a group": lambda scope: {
        "existing": Existing(
            security_groups=[ec2.SecurityGroup.from_lookup_by_id(scope, "G", "sg-1").security_group_id]
        )
    },
    "a group's id in a parameter": lambda scope: {"existing": Existing(security_groups=[value(scope)])},
    "a task role": lambda scope: {"existing": Existing(task_role=iam.Role.from_lookup(scope, "R", role_name="x"))},
    "an execution role": lambda scope: {
        "existing": Existing(execution_role=iam.Role.from_lookup(scope, "R", role_name="x"))
    },
    "a repository": lambda scope: {
        "image": BatchImage.from_repository(ecr.Repository.from_lookup(scope, "I", repository_name="x"), "1")
    },
}


def test_what_a_batch_is_given() -> None:
    home, ours = app_and_stack()
    on = platform(ours)
    for n, given in enumerate(DECLARED.values()):
        batch(ours, on, f"batch-{n}", **given(Stack(ours, f"of-{n}", env=STAGING)))

    errors_by_path = all_errors(home)

    for n, what in enumerate(DECLARED):
        errors_of_batch = errors_by_path.get(f"/stack/batch-{n}", [])
        assert len(errors_of_batch) == 1, what
        assert errors_of_batch[0].startswith(f"batch batch-{n}: ")
        assert "let the CDK CLI look it up" in errors_of_batch[0]


PLATFORM: dict[str, Callable[[Stack], dict[str, Any]]] = {
    "a key": lambda scope: {"key": kms.Key.from_lookup(scope, "K", alias_name="alias/x")},
    "a group": lambda scope: {"security_groups": [value(scope)]},
    "a subnet": lambda scope: {"subnets": [value(scope)]},
}


def test_what_a_platform_is_given() -> None:
    home = app()
    for n, given in enumerate(PLATFORM.values()):
        scope = stack(home, f"stage{n}")
        batch(scope, platform(scope, stage=f"stage{n}", **given(scope)))

    errors_by_path = all_errors(home)

    assert [what for n, what in enumerate(PLATFORM) if len(errors_by_path.get(f"/stage{n}/Platform", [])) != 1] == []


GRANTS: list[Callable[[FargateBatch, iam.IRole], object]] = [
    lambda made, to: made.grant_run(to),
    lambda made, to: made.platform.grant_run(to),
    lambda made, to: made.platform.grant_operate(to),
]


def test_who_may_run_it() -> None:
    home = app()
    for n, grant in enumerate(GRANTS):
        ours = stack(home, f"stage{n}")
        grant(batch(ours, platform(ours, stage=f"stage{n}")), iam.Role.from_lookup(ours, "Caller", role_name="rundeck"))

    errors_by_path = all_errors(home)

    for n in range(len(GRANTS)):
        assert errors_by_path[f"/stage{n}"]
        assert all("role/DUMMY_ARN stands for" in message for message in errors_by_path[f"/stage{n}"])


def test_what_is_known_is_no_error() -> None:
    ours = stack(app())
    batch(ours, platform(ours, vpc_id="vpc-0123456789abcdef0", security_groups=["sg-0123456789abcdef0"]))

    assert not Annotations.from_stack(ours).find_error("*", Match.any_value())
