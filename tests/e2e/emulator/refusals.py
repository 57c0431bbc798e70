"""Where the emulator starts what AWS would not: a start meets what is not there."""

from collections.abc import Mapping
from importlib import import_module

from tests.e2e.emulator.patches import Data, Function, replaces

NO_STREAM = (
    "failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream"
)
NO_PROVIDER = (
    "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the "
    "cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and try again."
)


@replaces("ministack.services.ecs", "_dispatch_action", "(action, data)")
def refused(dispatch: Function, action: Data, data: Data) -> Data:
    """RunTask names what is not there.

    RunTask refuses a cluster or security group that is gone, a revision that was deregistered, and a capacity
    provider that the cluster does not have (texts that others have quoted: docs/proof.md). The emulator makes
    the cluster, and starts the task.
    """
    code, text = _refusal(import_module("ministack.services.ecs"), data) if action == "RunTask" else ("", "")
    if code:
        return import_module("ministack.core.responses").error_response_json(code, text, 400)
    return dispatch(action, data)


def _refusal(ecs: Data, data: Mapping[str, Data]) -> tuple[str, str]:
    cluster = ecs._clusters.get(ecs._resolve_cluster_name(data["cluster"]))
    if cluster is None:
        return "ClusterNotFoundException", "Cluster not found."
    definition = ecs._task_defs.get(ecs._resolve_td_key(data["taskDefinition"]), {})
    if definition.get("status") == "INACTIVE":
        return "ClientException", "TaskDefinition is inactive"
    providers = {strategy["capacityProvider"] for strategy in data.get("capacityProviderStrategy", ())}
    if providers - set(cluster.get("capacityProviders", ())):
        return "InvalidParameterException", NO_PROVIDER
    network = data.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    known = import_module("ministack.services.ec2")._security_groups
    for group in [group for group in network.get("securityGroups", ()) if group not in known]:
        text = f"The security group '{group}' does not exist (ErrorCode: InvalidGroup.NotFound)"
        return "InvalidParameterException", f"Error retrieving security group information for [{group}]: {text}"
    return "", ""


@replaces("ministack.services.ecs", "_start_task_worker", "(task, td, container_overrides, docker_client)")
def logged(start: Function, task: Data, td: Data, *rest: Data) -> Data:
    """A task whose log group is not there does not start.

    A task whose log group is gone does not start (cn-terraform/terraform-aws-nexus issue 35). The emulator
    drops its log.
    """
    known = import_module("ministack.services.cloudwatch_logs")._log_groups
    for container in td.get("containerDefinitions", ()):
        group = container.get("logConfiguration", {}).get("options", {}).get("awslogs-group")
        if group and group not in known:
            gone = "ResourceNotFoundException: The specified log group does not exist."
            raise RuntimeError(f"{NO_STREAM}: {gone}")
    return start(task, td, *rest)


@replaces("ministack.services.ecs", "_resolve_container_secrets", "(cdef)")
def named(resolve: Function, cdef: Data) -> Data:
    """The refusal of a value that is not there.

    The refusal of a value that is not there (texts that others have quoted: docs/proof.md). The emulator has a
    sentence of its own.
    """
    ecs = import_module("ministack.services.ecs")
    try:
        return resolve(cdef)
    except ecs._SecretResolutionError as error:
        source = next(secret["valueFrom"] for secret in cdef["secrets"] if secret["valueFrom"] in str(error))
        raise ecs._SecretResolutionError(_told(source)) from error


def _told(source: str) -> str:
    tried = "service call has been retried 1 time(s): "
    if ":secretsmanager:" not in source:
        return (
            f"unable to retrieve secrets from ssm: {tried}invalid ssm parameters: {source.partition(':parameter')[2]}"
        )
    _, secret = import_module("ministack.services.secretsmanager")._resolve(source, use_arn_scope=True)
    refused = (
        "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion."
    )
    missing = "ResourceNotFoundException: Secrets Manager can't find the specified secret."
    fetched = f"failed to fetch secret {source} from secrets manager: "
    return f"unable to retrieve secret from asm: {tried}{fetched}{refused if secret else missing}"
