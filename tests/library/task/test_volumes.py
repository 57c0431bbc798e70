"""`Volume`: file systems from elsewhere, with the rights to mount them and the way to them."""

import json
import re
from typing import Any

import pytest
from aws_cdk import App, Fn
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from batchwright import Container, Existing, Sidecar, Volume
from batchwright.task.volumes import names_of
from batchwright.testing import Template
from tests.library.support import (
    VPC,
    app,
    app_and_stack,
    batch,
    logical_ids,
    of_type,
    only,
    platform,
    policy_statements,
    refusal,
    stack,
    templates,
)

FILE_SYSTEM, ACCESS_POINT, GROUP = "fs-0123456789abcdef0", "fsap-0123456789abcdef0", "sg-0123456789abcdef0"
ARN = f"arn:aws:elasticfilesystem:ap-northeast-1:111111111111:file-system/{FILE_SYSTEM}"
POINT_ARN = f"arn:aws:elasticfilesystem:ap-northeast-1:111111111111:access-point/{ACCESS_POINT}"
MOUNT, WRITE = "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"


def made(volumes: dict[str, Any]) -> Template:
    """The template of a batch that mounts these."""
    home, theirs = app_and_stack()
    batch(theirs, platform(theirs, vpc_id=VPC), container=Container(volumes=volumes))
    return templates(home)["stack"]


def plain(**arguments: Any) -> Volume:  # noqa: ANN401 - any argument
    return Volume.efs(FILE_SYSTEM, **arguments)


def mounted(template: Template) -> list[dict[str, Any]]:
    """The statements of the batch's task role."""
    return [statement for statement in policy_statements(template) if "elasticfilesystem" in str(statement["Action"])]


def theirs_in(home: App) -> tuple[Construct, efs.FileSystem]:
    """A file system in a stack of its own."""
    network = stack(home, "network")
    vpc = ec2.Vpc(network, "Vpc", availability_zones=["ap-northeast-1a"])
    return network, efs.FileSystem(network, "Files", vpc=vpc)


def test_it_is_mounted_with_iam_and_encrypted_on_the_way() -> None:
    template = made({"/exports": plain(access_point=ACCESS_POINT), "/in": plain(read_only=True)})
    task = only(template, "AWS::ECS::TaskDefinition")

    assert task["Volumes"][0] == {
        "Name": "efs-1",
        "EFSVolumeConfiguration": {
            "FilesystemId": FILE_SYSTEM,
            "TransitEncryption": "ENABLED",
            "AuthorizationConfig": {"AccessPointId": ACCESS_POINT, "IAM": "ENABLED"},
        },
    }
    (main,) = task["ContainerDefinitions"]
    assert main["MountPoints"] == [
        {"SourceVolume": "efs-1", "ContainerPath": "/exports", "ReadOnly": False},
        {"SourceVolume": "efs-2", "ContainerPath": "/in", "ReadOnly": True},
    ]
    write, read = mounted(template)
    # By this access point alone; and what is mounted to be read cannot be written.
    assert (write["Action"], write["Resource"]) == ([MOUNT, WRITE], ARN)
    assert write["Condition"] == {"StringEquals": {"elasticfilesystem:AccessPointArn": POINT_ARN}}
    assert (read["Action"], "Condition" in read) == (MOUNT, False)


def test_its_security_group_lets_the_batch_in_from_the_batchs_stack() -> None:
    template = made({"/exports": plain(security_group=GROUP), "/again": plain(read_only=True, security_group=GROUP)})

    rule = only(template, "AWS::EC2::SecurityGroupIngress")
    assert (rule["GroupId"], rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == (GROUP, "tcp", 2049, 2049)
    assert rule["SourceSecurityGroupId"] == {"Fn::GetAtt": ["reportSecurityGroupD3C01CC0", "GroupId"]}


def test_a_rules_id_is_its_group_also_where_only_a_deployment_knows_that() -> None:
    def rules(*wanted: str) -> dict[str, Any]:
        home, mine = app_and_stack()
        groups = {
            "parameter": ssm.StringParameter.value_for_string_parameter(mine, "/net/group"),
            "import": Fn.import_value("Group"),
            "again": Fn.import_value("Group"),
            "made": ec2.SecurityGroup(mine, "Group", vpc=ec2.Vpc(mine, "Vpc")).security_group_id,
        }
        volumes = {f"/{n}": plain(security_group=groups[name], read_only=n > 1) for n, name in enumerate(wanted)}
        batch(mine, platform(mine, vpc_id=VPC), container=Container(volumes=volumes))
        rules = logical_ids(templates(home)["stack"], "AWS::EC2::SecurityGroupIngress")
        return {id: rule["Properties"]["GroupId"] for id, rule in rules.items()}

    all_of_them = rules("parameter", "import", "again", "made")
    assert len(all_of_them) == 3
    assert rules("made", "import", "parameter") == all_of_them
    assert rules("again").items() < all_of_them.items()


def test_groups_that_are_given_are_opened_where_they_are_made() -> None:
    home, mine = app_and_stack()
    on = platform(mine, vpc_id=VPC)
    volumes = {"/exports": plain(security_group=GROUP)}
    for name in ("one", "two"):
        existing = Existing(security_groups=["sg-11111111111111111"])
        batch(mine, on, name, container=Container(volumes=volumes), existing=existing)

    assert of_type(templates(home)["stack"], "AWS::EC2::SecurityGroupIngress") == []


def test_a_file_system_of_another_stack_is_opened_from_the_batchs() -> None:
    home = app()
    _, files = theirs_in(home)
    point = files.add_access_point("Point", path="/exports", posix_user=efs.PosixUser(uid="1000", gid="1000"))
    mine = stack(home)
    volumes = {"/exports": Volume.efs(files, access_point=point)}
    batch(mine, platform(mine, vpc_id=VPC), container=Container(volumes=volumes))

    by_stack = templates(home)
    assert only(by_stack["stack"], "AWS::EC2::SecurityGroupIngress")["FromPort"] == 2049
    assert of_type(by_stack["network"], "AWS::EC2::SecurityGroupIngress") == []
    (statement,) = mounted(by_stack["stack"])
    assert re.search(r"ImportValue.*GetAttFiles\w+Arn", json.dumps(statement["Resource"]))
    assert re.search(r"ImportValue.*RefFilesPoint", json.dumps(statement["Condition"]))


def test_an_access_point_of_another_file_system_is_refused() -> None:
    home = app()
    network, files = theirs_in(home)
    other = efs.FileSystem(network, "Other", vpc=ec2.Vpc(network, "Another"))
    points = [
        other.add_access_point("Point"),
        efs.AccessPoint.from_access_point_attributes(network, "Read", access_point_id=ACCESS_POINT, file_system=other),
    ]

    for point in points:
        with refusal(r"^Volume.efs: access_point: it is of another file system; allowed"):
            Volume.efs(files, access_point=point)
        assert Volume.efs(other, access_point=point).access_point
    imported = efs.AccessPoint.from_access_point_id(network, "Imported", ACCESS_POINT)
    assert Volume.efs(files, access_point=imported).access_point == ACCESS_POINT


def test_an_access_point_of_a_file_system_with_another_id_is_refused() -> None:
    ours = stack(app())
    group = ec2.SecurityGroup.from_security_group_id(ours, "Group", "sg-0123456789abcdef0")
    theirs = efs.FileSystem.from_file_system_attributes(
        ours, "F", file_system_id="fs-1111111111111111", security_group=group
    )
    point = efs.AccessPoint.from_access_point_attributes(ours, "P", access_point_id=ACCESS_POINT, file_system=theirs)

    with refusal("access_point: it is of another file system"):
        Volume.efs(FILE_SYSTEM, access_point=point)
    assert Volume.efs("fs-1111111111111111", access_point=point).access_point == ACCESS_POINT


def test_containers_share_one_file_system() -> None:
    home, mine = app_and_stack()
    volume = plain(access_point=ACCESS_POINT)
    sidecar = Sidecar(name="upload", image="example.com/upload:1", volumes={"/up": volume, "work": "/work"})
    container = Container(volumes={"/exports": volume, "/in": plain(read_only=True), "work": "/work"})
    batch(mine, platform(mine), container=container, sidecars=[sidecar])

    task = only(templates(home)["stack"], "AWS::ECS::TaskDefinition")
    assert [volume["Name"] for volume in task["Volumes"]] == ["efs-1", "efs-2", "work"]
    upload = task["ContainerDefinitions"][1]["MountPoints"]
    assert [(mount["SourceVolume"], mount["ContainerPath"]) for mount in upload] == [
        ("efs-1", "/up"),
        ("work", "/work"),
    ]


def test_its_name_is_none_that_the_declaration_uses() -> None:
    first, second = plain(), plain(read_only=True)

    assert names_of([{"/a": first}, {"efs-1": "/b", "/c": second, "/d": first}]) == {first: "efs-2", second: "efs-3"}


@pytest.mark.parametrize("mutable", [True, False])
def test_an_existing_role_gets_the_right_unless_it_is_immutable(mutable: bool) -> None:
    home, mine = app_and_stack()
    role = iam.Role.from_role_arn(mine, "Role", "arn:aws:iam::111111111111:role/rails", mutable=mutable)
    batch(mine, platform(mine), container=Container(volumes={"/exports": plain()}), existing=Existing(task_role=role))

    assert len(mounted(templates(home)["stack"])) == mutable


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"file_system": "fs-1"}, "file_system: 'fs-1' was given; allowed: a file system, an id such as fs-0"),
        ({"file_system": None}, "file_system: None was given; allowed: a file system, an id such as fs-0"),
        ({"file_system": ARN}, f"file_system: '{ARN}' was given; allowed: a file system, an id such as fs-0"),
        ({"access_point": FILE_SYSTEM}, f"access_point: '{FILE_SYSTEM}' was given; allowed: an access point, an id"),
        ({"access_point": ""}, "access_point: '' was given; allowed: an access point, an id such as fsap-0"),
        ({"read_only": "yes"}, "read_only: 'yes' was given; allowed: True or False"),
        ({"security_group": "default"}, "security_group: 'default' was given; allowed: an id such as sg-0"),
        ({"file_system": "ssm:net/fs"}, "file_system: 'ssm:net/fs' was given; allowed: a file system, an id"),
    ],
)
def test_what_is_no_file_system(arguments: dict[str, Any], message: str) -> None:
    given = {"file_system": FILE_SYSTEM, **arguments}

    with refusal(f"^{re.escape(f'Volume.efs: {message}')}"):
        Volume.efs(given.pop("file_system"), **given)


def test_a_construct_knows_its_own_group() -> None:
    _, files = theirs_in(app())

    with refusal(r"security_group: 'sg-0123.* was given; allowed: None, as a file system"):
        Volume.efs(files, security_group=GROUP)


@pytest.mark.parametrize(
    ("volumes", "message"),
    [
        ({"exports": plain()}, f"{{'exports': Volume.efs('{FILE_SYSTEM}')}} was given; allowed: names like work-files"),
        ({"/exports": "/exports"}, "allowed: names like work-files to absolute paths, or absolute paths to Volume.efs"),
        ({"/exports": Volume}, "allowed: names like work-files to absolute paths, or absolute paths to Volume.efs"),
        (
            {"/scratch": plain(), "work": "/scratch/"},
            "'/scratch' was given to two mounts; allowed: each path once, and not the root",
        ),
        ({"/": plain()}, "'/' was given; allowed: each path once, and not the root"),
    ],
)
def test_where_a_file_system_cannot_be_mounted(volumes: dict[str, Any], message: str) -> None:
    with refusal(f"^batch report: volumes: .*{re.escape(message)}"):
        Container(volumes=volumes)._check("batch report")


def test_a_config_file_and_a_file_system_keep_apart() -> None:
    mine = stack(app())

    with refusal(r"volumes: '/app/config' was given, and files= makes a volume of"):
        batch(
            mine,
            platform(mine),
            files={"/app/config/x.yml": "x: 1\n"},
            container=Container(volumes={"/app/config": plain()}),
        )
