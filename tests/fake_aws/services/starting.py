"""What Fargate meets when it starts a task, by what there is in the account: for a world that ``checks_starts``.

The texts are those that others have quoted of AWS (`batchwright_runner.contract.stop_reasons` names them).
"""

import json
from collections.abc import Iterator
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.services.image_store import OCI_INDEX
from tests.fake_aws.services.quotas import CLASSES, DEFAULT
from tests.fake_aws.services.roles import may_be_taken
from tests.fake_aws.world import Family, World

PULL = "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
SECRETS = "ResourceInitializationError: unable to pull secrets or registry auth: "
FROM_SSM = f"{SECRETS}execution resource retrieval failed: unable to retrieve secrets from ssm: "
FROM_ASM = f"{SECRETS}execution resource retrieval failed: unable to retrieve secret from asm: "
LOGGER = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
ASSUMED = (
    "ECS was unable to assume the role '{}' that was provided for this task. Please verify that the role being passed "
    "has the proper trust relationship and permissions and that your IAM user has permissions to pass this role."
)
NOT_ASSOCIATED = (
    "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the "
    "cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and try again."
)


def check_request(world: World, body: dict[str, Any], family: Family) -> None:
    """What RunTask refuses, since something that the request names is not there.

    Raises:
        AwsError: It refuses.
    """
    providers = {share["capacityProvider"] for share in body.get("capacityProviderStrategy", [])}
    if providers - set(world.capacity_providers):
        raise AwsError("InvalidParameterException", NOT_ASSOCIATED)
    for arn in family.roles.values():
        if not may_be_taken(world.roles.get(arn.rpartition("/")[2])):
            raise AwsError("ClientException", ASSUMED.format(arn))
    network = body["networkConfiguration"]["awsvpcConfiguration"]
    known = {subnet["SubnetId"] for subnet in world.network.subnets}
    known |= {group["GroupId"] for group in world.network.groups}
    for key, what, name, code in (
        ("subnets", "subnet", "subnet ID", "InvalidSubnetID.NotFound"),
        ("securityGroups", "security group", "security group", "InvalidGroup.NotFound"),
    ):
        for gone in [item for item in network.get(key, []) if item not in known]:
            text = f"The {name} '{gone}' does not exist (ErrorCode: {code})"
            raise AwsError("InvalidParameterException", f"Error retrieving {what} information for [{gone}]: {text}")


def failure(world: World, body: dict[str, Any]) -> dict[str, str] | None:
    """RunTask's failure where the account runs as many vCPUs as it may; none where it does not.

    Args:
        world: The account.
        body: The request; all its tasks have a quarter of a vCPU.
    """
    providers = {share["capacityProvider"] for share in body.get("capacityProviderStrategy", [])} or {"FARGATE"}
    for provider in providers:
        code = "L-36FBB829" if provider == "FARGATE_SPOT" else "L-3032A538"
        if world.vcpus.get(CLASSES[code], 0.0) + 0.25 > world.quotas.get(code, DEFAULT):
            return {"reason": "You’ve reached the limit on the number of vCPUs you can run concurrently"}  # noqa: RUF001
    return None


def stop_reason(world: World, body: dict[str, Any], family: Family) -> str:
    """Why a task would never start; empty for no reason. Network first, then values, log and image."""
    network = body["networkConfiguration"]["awsvpcConfiguration"]
    subnets = [subnet for subnet in world.network.subnets if subnet["SubnetId"] in network["subnets"]]
    if not any(subnet["AvailableIpAddressCount"] for subnet in subnets):
        full = subnets[0]["SubnetId"]
        tried = f"Unexpected EC2 error while attempting to Create Network Interface in subnet '{full}'"
        return f"{tried}: InsufficientFreeAddressesInSubnet"
    return next(_met(world, family), "")


def _met(world: World, family: Family) -> Iterator[str]:
    for source in [secret for sources in family.secrets.values() for secret in sources.values()]:
        yield from _secret(world, source) if ":secretsmanager:" in source else _parameter(world, source)
    if family.log_group not in world.groups:
        gone = "ResourceNotFoundException: The specified log group does not exist."
        yield f"{LOGGER}failed to create Cloudwatch log stream: {gone} : exit status 1"
    yield from _image(world, family)


def _parameter(world: World, source: str) -> Iterator[str]:
    name = source.partition(":parameter")[2]
    tried = f"{FROM_SSM}service call has been retried 1 time(s): "
    if name not in world.parameters:
        yield f"{tried}invalid ssm parameters: {name}"
    elif world.parameters[name].type == "SecureString":
        states = [state for key, state in world.keys.items() if key]
        if not states:
            yield f"{tried}AccessDeniedException: The ciphertext refers to a customer master key that does not exist"
        if "Disabled" in states:
            yield f"{tried}InvalidKeyId: key/0 is disabled. (Service: AWSKMS; Error Code: DisabledException)"
        if "PendingDeletion" in states:
            yield f"{tried}InvalidKeyId: key/0 is pending deletion. (Error Code: KMSInvalidStateException)"


def _secret(world: World, source: str) -> Iterator[str]:
    arn = ":".join(source.split(":")[:7])
    tried = f"{FROM_ASM}service call has been retried 1 time(s): failed to fetch secret {arn} from secrets manager: "
    if arn not in world.secrets:
        yield f"{tried}ResourceNotFoundException: Secrets Manager can't find the specified secret."
    elif world.secrets[arn] is not None:
        refused = "You can't perform this operation on the secret because it was marked for deletion."
        yield f"{tried}InvalidRequestException: {refused}"


def _image(world: World, family: Family) -> Iterator[str]:
    name, _, tag = family.image.partition("/")[2].rpartition(":")
    repository = world.images.repositories.get(name)
    image = repository.find(tag) if repository else None
    if image is None:
        yield f"{PULL}failed to resolve ref {family.image}: {family.image}: not found"
    elif image.media_type == OCI_INDEX:
        platforms = [entry["platform"]["architecture"] for entry in json.loads(image.body)["manifests"]]
        if "amd64" not in platforms:
            yield f"{PULL}image Manifest does not contain descriptor matching platform 'linux/amd64'"
