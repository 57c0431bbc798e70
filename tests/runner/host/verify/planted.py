"""What can be wrong with a stage: each function spoils one thing of it, in which all was well."""

import dataclasses
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from batchwright_runner.contract.manifest import CapacityShare, ImageReference
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import ACCOUNT, REGION
from tests.fake_aws.services.image_store import OCI_INDEX
from tests.fake_aws.services.roles import Role
from tests.runner.host.verify.stage import CERT, FAMILY, KEY, MACHINE, OWN, SCHEDULES, deploy

Plant = Callable[[AwsServer], None]


class Fault(NamedTuple):
    """What is found where one thing is spoilt: a part of what is said, and which other checks cannot be right then."""

    plant: Plant
    check: str
    status: str
    message: str
    also: tuple[str, ...]


FAULTS: list[Fault] = []


def finds(check: str, status: str, message: str, *also: str) -> Callable[[Plant], Plant]:
    """Says what of a function is found."""

    def keep(plant: Plant) -> Plant:
        FAULTS.append(Fault(plant, check, status, message, also))
        return plant

    return keep


@finds("task definition", "fail", "is inactive")
def deregister(aws: AwsServer) -> None:
    aws.deregister(f"{FAMILY}:7")


@finds("task definition", "warn", "revision 8")
def another_revision(aws: AwsServer) -> None:
    aws.world.revisions[f"{FAMILY}:8"] = "ACTIVE"


@finds("task definition", "fail", "it runs busybox:latest, not")
def another_image(aws: AwsServer) -> None:
    aws.world.families["batches-staging-daily-report"].image = "busybox:latest"


@finds("cluster", "fail", "batches-staging does not exist")
def no_cluster(aws: AwsServer) -> None:
    aws.world.clusters.clear()


@finds("cluster", "fail", "no capacity provider FARGATE_SPOT")
def spot(aws: AwsServer) -> None:
    deploy(aws, capacity=(CapacityShare(provider="FARGATE_SPOT"),))


DAILY = "batches-staging-daily-report"
REGISTRY = f"333333333333.dkr.ecr.{REGION}.amazonaws.com"


def beside(aws: AwsServer, container: str, image: str) -> None:
    """A container beside the main one."""
    family = aws.world.families[DAILY]
    family.images = {**family.images, container: image}


def config_files(aws: AwsServer) -> None:
    """No fault: the runner's image renders its config files, and is released."""
    deploy(aws, files_image="batchwright")
    beside(aws, "files", f"{REGISTRY}/batches/batchwright:stage-staging")
    aws.world.images.repository("batches/batchwright").add_index("batchwright", "stage-staging")


@finds("image", "fail", "files: batches/batchwright has no image stage-staging: batch")
def no_files_image(aws: AwsServer) -> None:
    config_files(aws)
    aws.world.images.repository("batches/batchwright").tags.clear()


@finds("image", "fail", "proxy: tools/proxy has no image 3: push it")
def no_image_beside(aws: AwsServer) -> None:
    beside(aws, "proxy", f"{REGISTRY}/tools/proxy:3")
    aws.world.images.repository("tools/proxy").add_index("proxy", "2")


@finds("image", "fail", "proxy: there is no repository 333333333333.dkr.ecr.eu-west")
def no_repository_beside(aws: AwsServer) -> None:
    beside(aws, "proxy", f"{REGISTRY}/tools/proxy:3")


@finds("image", "warn", "proxy: public.ecr.aws/tools/proxy:3 is not in ECR, and was not ")
def elsewhere_beside(aws: AwsServer) -> None:
    beside(aws, "proxy", "public.ecr.aws/tools/proxy:3")


@finds("image", "fail", "team/x has no image 9: push it. It is none of the images that")
def not_pushed(aws: AwsServer) -> None:
    aws.world.images.repository("team/x")
    deploy(aws, image=ImageReference(repository=f"{REGISTRY}/team/x", tag="9"))


@finds("image", "fail", "batchwright release reports -s staging")
def no_image(aws: AwsServer) -> None:
    aws.world.images.repository("batches/reports").tags.clear()


@finds("image", "fail", "is for ARM64, and the batch is declared for X86_64")
def for_arm(aws: AwsServer) -> None:
    repository = aws.world.images.repository("batches/reports")
    digest = repository.add_image("arm", architecture="arm64")
    body = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [{"digest": digest, "size": 1, "platform": {"architecture": "arm64", "os": "linux"}}],
    }
    repository.tags.clear()
    repository.put(json.dumps(body).encode(), OCI_INDEX, "stage-staging")


@finds("image", "warn", "something else has moved the tag")
def moved_by_hand(aws: AwsServer) -> None:
    record = {
        "image": "reports",
        "digest": f"sha256:{'0' * 64}",
        "tag": "sha-1",
        "by": "x",
        "at": "y",
        "kind": "release",
    }
    aws.put_parameter("/batches/staging/releases/reports", json.dumps(record))


@finds("image", "warn", "was pushed 100 days ago")
def old(aws: AwsServer) -> None:
    images = aws.world.images.repository("batches/reports").images
    for digest, image in list(images.items()):
        images[digest] = dataclasses.replace(image, pushed=time.time() - 100 * 86400)


@finds("values", "fail", f"{OWN}/DB_PASSWORD is missing: batchwright params set daily-report DB_PASSWORD")
def no_secret(aws: AwsServer) -> None:
    del aws.world.parameters[f"{OWN}/DB_PASSWORD"]


@finds("values", "fail", f"{OWN}/TO is missing")
def no_parameter(aws: AwsServer) -> None:
    del aws.world.parameters[f"{OWN}/TO"]


@finds(
    "values",
    "fail",
    "is stored unencrypted. Delete it and set it again, as SSM changes no parameter's type: "
    "batchwright params unset daily-report DB_PASSWORD -s staging, then batchwright params set daily-report",
)
def open_secret(aws: AwsServer) -> None:
    aws.put_parameter(f"{OWN}/DB_PASSWORD", "open")


@finds("values", "fail", "is to be deleted")
def deleted_secret(aws: AwsServer) -> None:
    aws.world.secrets[CERT] = datetime(2026, 12, 24, tzinfo=UTC).timestamp()


def takes(aws: AwsServer, **sources: str) -> None:
    """The main container takes other values, too."""
    family = aws.world.families[DAILY]
    family.secrets = {**family.secrets, "main": {**family.secrets.get("main", {}), **sources}}


@finds("values", "unknown", "shared/x is of account 999999999999, which shows")
def parameter_of_another_account(aws: AwsServer) -> None:
    takes(aws, X=f"arn:aws:ssm:{REGION}:999999999999:parameter/shared/x")


@finds("values", "unknown", "secret:pw-AbCdEf is of account 999999999999")
def secret_of_another_account(aws: AwsServer) -> None:
    takes(aws, X=f"arn:aws:secretsmanager:{REGION}:999999999999:secret:pw-AbCdEf")


@finds("values", "fail", "parameter/shared/x is missing. Something else")
def gone_parameter_of_another_region(aws: AwsServer) -> None:
    takes(aws, X=f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/shared/x")


@finds("values", "fail", f"{CERT} is missing")
def gone_secret(aws: AwsServer) -> None:
    aws.world.secrets.clear()


@finds("key", "fail", "it is Disabled")
def disabled_key(aws: AwsServer) -> None:
    aws.world.keys[KEY] = "Disabled"


@finds("key", "fail", "is to be deleted")
def dying_key(aws: AwsServer) -> None:
    aws.world.keys[KEY] = "PendingDeletion"


@finds("key", "fail", "does not exist")
def no_key(aws: AwsServer) -> None:
    aws.world.keys.clear()


@finds("execution role", "fail", "batches-staging-daily-report-exec does not exist")
def no_role(aws: AwsServer) -> None:
    del aws.world.roles["batches-staging-daily-report-exec"]


@finds("task role", "fail", "does not trust ecs-tasks.amazonaws.com")
def no_trust(aws: AwsServer) -> None:
    aws.world.roles["batches-staging-daily-report-task"].trust = {
        "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    }


def no_rights(aws: AwsServer) -> None:
    """An adopted execution role, which may not read parameters."""
    family = aws.world.families["batches-staging-daily-report"]
    family.roles = {**family.roles, "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/legacy-exec"}
    aws.world.roles["legacy-exec"] = Role(denied={"ssm:GetParameters"})


@finds("log group", "fail", "does not exist")
def no_log_group(aws: AwsServer) -> None:
    aws.delete_group("/batches/staging/daily-report")


@finds("log group", "warn", "keeps everything forever", "history")
def for_ever(aws: AwsServer) -> None:
    aws.world.retention.clear()


@finds("history", "fail", "does not exist")
def no_history(aws: AwsServer) -> None:
    aws.delete_group("/batches/staging/platform/runs")


@finds("history rule", "fail", "batches-staging-runs does not exist: how runs end is not kept")
def no_rule(aws: AwsServer) -> None:
    del aws.world.rules["batches-staging-runs"]


@finds("history rule", "fail", "aws events enable-rule --name batches-staging-runs")
def rule_that_is_off(aws: AwsServer) -> None:
    aws.world.rules["batches-staging-runs"] = "DISABLED"


@finds("history rule", "fail", "batches-staging-runs sends it nowhere: how runs end")
def rule_without_a_target(aws: AwsServer) -> None:
    aws.world.targets["batches-staging-runs"] = []


@finds("history rule", "fail", "runs-2:*, not to /batches/staging/platform/runs: how")
def rule_to_another_group(aws: AwsServer) -> None:
    aws.world.targets["batches-staging-runs"] = [aws.world.arn("logs", "log-group:/batches/staging/platform/runs-2:*")]


@finds("history rule", "fail", "batches-staging-executions does not exist")
def no_rule_of_machines(aws: AwsServer) -> None:
    deploy(aws, by_aws=True)
    del aws.world.rules["batches-staging-executions"]


@finds("deadline", "fail", "the timeout holds only while the runner runs")
def no_deadlines(aws: AwsServer) -> None:
    aws.world.schedule_groups.clear()


@finds("subnets", "fail", "no subnet has a free address")
def full_subnets(aws: AwsServer) -> None:
    for subnet in aws.world.network.subnets:
        subnet["AvailableIpAddressCount"] = 0


@finds("subnets", "warn", "few free addresses")
def narrow_subnets(aws: AwsServer) -> None:
    for subnet in aws.world.network.subnets:
        subnet["AvailableIpAddressCount"] = 2


@finds("subnets", "fail", "a subnet does not exist", "security groups", "way out", "network ACLs", "DNS")
def no_subnet(aws: AwsServer) -> None:
    del aws.world.network.subnets[0]


@finds("security groups", "fail", "is not in the subnets' VPC, vpc-1")
def other_vpc(aws: AwsServer) -> None:
    aws.world.network.groups[0]["VpcId"] = "vpc-2"


@finds("security groups", "fail", "lets HTTPS out")
def closed_group(aws: AwsServer) -> None:
    aws.world.network.groups[0]["IpPermissionsEgress"] = []


@finds("security groups", "fail", "a security group does not exist")
def no_group(aws: AwsServer) -> None:
    aws.world.network.groups.clear()


@finds("way out", "fail", "no endpoint for com.amazonaws.eu-west-1.ecr.api")
def no_way_out(aws: AwsServer) -> None:
    del aws.world.network.tables[0]["Routes"][1]


@finds("way out", "fail", "the gateway of the way out is gone, and there is no")
def black_hole(aws: AwsServer) -> None:
    aws.world.network.tables[0]["Routes"][1]["State"] = "blackhole"


@finds("way out", "fail", "a run has no public address")
def public_subnet(aws: AwsServer) -> None:
    aws.world.network.tables[0]["Routes"][1] = {
        "DestinationCidrBlock": "0.0.0.0/0",
        "GatewayId": "igw-1",
        "State": "active",
    }


def no_public_address(aws: AwsServer) -> None:
    """No fault: what leads nowhere without a public address is not needed."""
    only_endpoints(aws)
    aws.world.network.tables[0]["Routes"].append(
        {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}
    )


def dead_gateway(aws: AwsServer) -> None:
    """No fault either."""
    only_endpoints(aws)
    aws.world.network.tables[0]["Routes"].append(
        {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "blackhole"}
    )


@finds("way out", "warn", "lead out by IPv6 alone, and there is no endpoint for")
def only_ipv6(aws: AwsServer) -> None:
    """Subnets without IPv4, which lead out."""
    for number, subnet in enumerate(aws.world.network.subnets):
        del subnet["CidrBlock"]
        subnet["AvailableIpAddressCount"], subnet["Ipv6Native"] = 0, True
        subnet["Ipv6CidrBlockAssociationSet"] = [{"Ipv6CidrBlock": f"2001:db8:0:{number}::/64"}]
    egress = {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1", "State": "active"}
    aws.world.network.tables[0]["Routes"] = [egress]
    for entry in aws.world.network.acls[0]["Entries"]:
        entry["Ipv6CidrBlock"] = entry.pop("CidrBlock").replace("0.0.0.0", "::")


@finds("way out", "warn", "eu-west-1.ssm answer only by a private hosted zone. Their private")
def hosted_zones(aws: AwsServer) -> None:
    only_endpoints(aws)
    for endpoint in aws.world.network.endpoints:
        endpoint["PrivateDnsEnabled"] = False


@finds("way out", "unknown", "The VPC is shared by account 999999999999, and its endpoints")
def shared_subnets(aws: AwsServer) -> None:
    no_way_out(aws)
    for subnet in aws.world.network.subnets:
        subnet["OwnerId"] = "999999999999"


@finds("way out", "unknown", "no route table is visible to this caller")
def no_table_seen(aws: AwsServer) -> None:
    aws.world.network.tables.clear()


@finds("network ACLs", "unknown", "that of subnet-0a1b2c3d is not visible to this caller")
def no_acl_seen(aws: AwsServer) -> None:
    aws.world.network.acls.clear()


@finds("way out", "unknown", "have no default route, and no endpoint for com.amazonaws.eu-west-1.ecr")
def halves(aws: AwsServer) -> None:
    aws.world.network.tables[0]["Routes"][1:] = [
        {"DestinationCidrBlock": half, "TransitGatewayId": "tgw-1", "State": "active"}
        for half in ("0.0.0.0/1", "128.0.0.0/1")
    ]


@finds("way out", "unknown", "Whether another of their routes leads there is not known here")
def prefix_list(aws: AwsServer) -> None:
    out = {"DestinationPrefixListId": "pl-1", "TransitGatewayId": "tgw-1", "State": "active"}
    aws.world.network.tables[0]["Routes"][1] = out


@finds("way out", "fail", "no endpoint that reaches docker.io/library/busybox:1", "image")
def docker_hub_by_endpoints(aws: AwsServer) -> None:
    deploy(aws, image=ImageReference(repository="docker.io/library/busybox", tag="1"))
    only_endpoints(aws)


@finds(
    "way out",
    "fail",
    "no endpoint for com.amazonaws.us-east-1.ecr.api, com.amazonaws.us-east-1.ecr.dkr, com.amazonaws.us-east-1",
)
def registry_of_another_region_by_endpoints(aws: AwsServer) -> None:
    beside(aws, "proxy", "333333333333.dkr.ecr.us-east-1.amazonaws.com/tools/proxy:3")
    aws.world.images.repository("tools/proxy").add_index("proxy", "3")
    only_endpoints(aws)


@finds("way out", "unknown", "registry.example.internal/tools/proxy:3 is in", "image")
def own_registry_by_endpoints(aws: AwsServer) -> None:
    beside(aws, "proxy", "registry.example.internal/tools/proxy:3")
    only_endpoints(aws)


@finds("security groups", "warn", "let HTTPS out to 192.168.0.0/16 alone")
def private_egress(aws: AwsServer) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "192.168.0.0/16"}]}
    aws.world.network.groups[0]["IpPermissionsEgress"] = [rule]


@finds("network ACLs", "warn", "acl-1 of subnet-0a1b2c3d does not let HTTPS out")
def deny_https(aws: AwsServer) -> None:
    rule = {"RuleNumber": 90, "Protocol": "6", "RuleAction": "deny", "Egress": True, "CidrBlock": "0.0.0.0/0"}
    aws.world.network.acls[0]["Entries"].append({**rule, "PortRange": {"From": 443, "To": 443}})


@finds("network ACLs", "warn", "does not let answers in at ports 1024 to 65535")
def no_answers(aws: AwsServer) -> None:
    entries = aws.world.network.acls[0]["Entries"]
    entries[:] = [entry for entry in entries if entry["Egress"] or entry["RuleAction"] == "deny"]


@finds("DNS", "fail", "vpc-1 resolves no names: enableDnsSupport is off")
def no_names(aws: AwsServer) -> None:
    aws.world.network.dns["enableDnsSupport"] = False


@finds("DNS", "fail", "which need enableDnsHostnames, and that is off")
def no_private_names(aws: AwsServer) -> None:
    only_endpoints(aws)
    aws.world.network.dns["enableDnsHostnames"] = False


@finds("DNS", "warn", "their services are reached by the way out")
def no_public_names(aws: AwsServer) -> None:
    endpoint(aws, "logs")
    aws.world.network.dns["enableDnsHostnames"] = False


def only_endpoints(aws: AwsServer) -> None:
    """No fault: what a start needs is reached by endpoints alone."""
    no_way_out(aws)
    for name in ("ecr.api", "ecr.dkr", "s3", "logs", "ssm", "secretsmanager"):
        endpoint(aws, name)


def endpoint(aws: AwsServer, name: str) -> None:
    kind = "Gateway" if name == "s3" else "Interface"
    made = {"VpcId": "vpc-1", "ServiceName": f"com.amazonaws.{REGION}.{name}", "VpcEndpointType": kind}
    tables = ["rtb-1"] if kind == "Gateway" else []
    aws.world.network.endpoints.append(
        {**made, "PrivateDnsEnabled": kind == "Interface", "State": "available", "RouteTableIds": tables}
    )


@finds("schedule", "fail", "its machine batches-staging-daily-report does not exist")
def no_machine(aws: AwsServer) -> None:
    deploy(aws, by_aws=True)
    aws.world.machine_states.clear()


@finds("schedule", "fail", "its machine batches-staging-daily-report is DELETING")
def machine_that_goes(aws: AwsServer) -> None:
    deploy(aws, by_aws=True)
    aws.world.machine_states[MACHINE] = "DELETING"


@finds("schedule", "fail", "batches-staging-schedules has no schedule daily-report")
def no_schedule(aws: AwsServer) -> None:
    deploy(aws, by_aws=True)
    aws.world.schedules.clear()


@finds("schedule", "fail", "its schedule is DISABLED: nothing starts it")
def schedule_that_is_off(aws: AwsServer) -> None:
    deploy(aws, by_aws=True)
    aws.world.schedules[SCHEDULES, "daily-report"]["request"]["State"] = "DISABLED"


@finds("schedule", "fail", "its schedule starts")
def schedule_of_another(aws: AwsServer) -> None:
    deploy(aws, by_aws=True)
    aws.world.schedules[SCHEDULES, "daily-report"]["request"]["Target"] = {"Arn": f"{MACHINE}-old"}


@finds("schedule", "fail", "cron(0 5 * * ? *) Asia/Tokyo, and 30 2 * * *")
def schedule_of_another_time(aws: AwsServer) -> None:
    deploy(aws, by_aws=True)
    aws.world.schedules[SCHEDULES, "daily-report"]["request"]["ScheduleExpression"] = "cron(0 5 * * ? *)"


@finds("quota", "fail", "99.9 of the account's 100 vCPUs on FARGATE are in use, and a run needs")
def all_in_use(aws: AwsServer) -> None:
    aws.world.vcpus["Standard/OnDemand"] = 99.9


@finds("quota", "fail", "0 of the account's 0.1 vCPUs on FARGATE are in use, and a run needs")
def small_quota(aws: AwsServer) -> None:
    aws.world.quotas["L-3032A538"] = 0.1


@finds("quota", "fail", "100 of the account's 100 vCPUs on FARGATE_SPOT are in use")
def spot_in_use(aws: AwsServer) -> None:
    spot(aws)
    aws.world.capacity_providers[:] = ["FARGATE_SPOT"]
    aws.world.vcpus["Standard/Spot"] = 100.0


@finds("quota", "warn", "request-service-quota-increase --service-code fargate --quota-code L-3032A5")
def few_left(aws: AwsServer) -> None:
    aws.world.vcpus["Standard/OnDemand"] = 80.0


def mounts(aws: AwsServer) -> None:
    """No fault: it mounts a file system that is reached from both of its subnets."""
    network = aws.world.network
    point = {"accessPointId": "fsap-0a1b2c3d4e5f6a7b8", "iam": "ENABLED"}
    volume = {"fileSystemId": "fs-0a1b2c3d", "transitEncryption": "ENABLED", "authorizationConfig": point}
    aws.world.families["batches-staging-daily-report"].volumes = [{"name": "x", "efsVolumeConfiguration": volume}]
    rule = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "UserIdGroupPairs": [{"GroupId": "sg-0a1b2c3d"}]}
    network.groups.append({"GroupId": "sg-efs", "VpcId": "vpc-1", "IpPermissions": [rule], "IpPermissionsEgress": []})
    network.file_systems.add("fs-0a1b2c3d")
    for number, subnet in enumerate(network.subnets, 1):
        target = {"MountTargetId": f"fsmt-0a1b2c3{number}", "FileSystemId": "fs-0a1b2c3d", "SecurityGroups": ["sg-efs"]}
        place = {key: subnet[key] for key in ("SubnetId", "VpcId", "AvailabilityZoneId")}
        network.mount_targets.append({**target, **place, "LifeCycleState": "available"})
    network.access_points.append(
        {"AccessPointId": "fsap-0a1b2c3d4e5f6a7b8", "FileSystemId": "fs-0a1b2c3d", "LifeCycleState": "available"}
    )


@finds("file systems", "fail", "fs-0a1b2c3d does not exist")
def no_file_system(aws: AwsServer) -> None:
    mounts(aws)
    aws.world.network.file_systems.clear()
    aws.world.network.mount_targets.clear()


@finds("file systems", "fail", "no mount target in euw1-az1, where subnet-0a1b2c3d is")
def no_mount_target(aws: AwsServer) -> None:
    mounts(aws)
    del aws.world.network.mount_targets[0]


@finds("file systems", "fail", "fs-0a1b2c3d's mount target in euw1-az1 is creating")
def mount_target_that_is_made(aws: AwsServer) -> None:
    mounts(aws)
    aws.world.network.mount_targets[0]["LifeCycleState"] = "creating"


@finds("file systems", "fail", "does not let the batch in at port 2049")
def closed_mount_target(aws: AwsServer) -> None:
    mounts(aws)
    aws.world.network.groups[1]["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] = "sg-other"


@finds("file systems", "fail", "none of sg-0a1b2c3d lets port 2049 out to fs-0a1b2c3d")
def no_nfs_out(aws: AwsServer) -> None:
    mounts(aws)
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    aws.world.network.groups[0]["IpPermissionsEgress"] = [https]


@finds("file systems", "fail", "fs-0a1b2c3d has no access point fsap-0a1b2c3d4e5f6a7b8")
def no_access_point(aws: AwsServer) -> None:
    mounts(aws)
    aws.world.network.access_points.clear()


@finds("file systems", "fail", "fs-0a1b2c3d's access point fsap-0a1b2c3d4e5f6a7b8 is deleting")
def access_point_that_goes(aws: AwsServer) -> None:
    mounts(aws)
    aws.world.network.access_points[0]["LifeCycleState"] = "deleting"
