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
    image = {"digest": digest, "size": 1, "platform": {"architecture": "arm64", "os": "linux"}}
    body = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [image]}
    repository.tags.clear()
    repository.put(json.dumps(body).encode(), OCI_INDEX, "stage-staging")


@finds("image", "warn", "something else has moved the tag")
def moved_by_hand(aws: AwsServer) -> None:
    record = {"image": "reports", "digest": f"sha256:{'0' * 64}", "tag": "sha-1", "kind": "release"}
    aws.put_parameter("/batches/staging/releases/reports", json.dumps({**record, "by": "x", "at": "y"}))


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


@finds("log group", "fail", "does not exist")
def no_log_group(aws: AwsServer) -> None:
    aws.delete_group("/batches/staging/daily-report")


@finds("log group", "warn", "keeps everything forever", "history")
def for_ever(aws: AwsServer) -> None:
    aws.world.retention.clear()


@finds("history", "fail", "does not exist", "start")
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


@finds("subnets", "fail", "a subnet does not exist", "security groups")
def no_subnet(aws: AwsServer) -> None:
    del aws.world.network.subnets[0]


@finds("subnets", "fail", "they are of several VPCs: vpc-1, vpc-2")
def two_vpcs(aws: AwsServer) -> None:
    aws.world.network.subnets[1]["VpcId"] = "vpc-2"


@finds("security groups", "fail", "is not in the subnets' VPC, vpc-1")
def other_vpc(aws: AwsServer) -> None:
    aws.world.network.groups[0]["VpcId"] = "vpc-2"


@finds("security groups", "fail", "a security group does not exist")
def no_group(aws: AwsServer) -> None:
    aws.world.network.groups.clear()


@finds("schedule", "fail", "its machine batches-staging-daily-report does not exist")
def no_machine(aws: AwsServer) -> None:
    deploy(aws, by_aws=True)
    aws.world.machine_states.clear()


@finds("schedule", "fail", "its machine batches-staging-daily-report is DELETING")
def machine_that_goes(aws: AwsServer) -> None:
    deploy(aws, by_aws=True)
    aws.world.machine_states[MACHINE] = "DELETING"


@finds("schedule", "fail", "there is no function batches-staging-machines, which its machine asks: nothing starts it")
def no_function(aws: AwsServer) -> None:
    deploy(aws, by_aws=True)
    aws.world.functions.clear()


@finds("schedule", "fail", "the function batches-staging-machines, which its machine asks, fails: no module")
def function_that_fails(aws: AwsServer) -> None:
    deploy(aws, by_aws=True)
    aws.world.functions["batches-staging-machines"] = ("Unhandled", {"errorMessage": "no module"})


@finds("schedule", "fail", "batches-staging-machines lets none of its runs start: deploy the platform first")
def function_of_another_protocol(aws: AwsServer) -> None:
    deploy(aws, by_aws=True)
    told = {"next": "fail", "error": "Batchwright.NoResult", "cause": '{"why": "deploy the platform first"}'}
    aws.world.functions["batches-staging-machines"] = ("", told)


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
