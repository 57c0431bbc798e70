"""The request for a task, as the runner and a batch's machine send it. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import FILES_CONTAINER
from batchwright_runner.contract.stop_reasons import OVERRIDES_LIMIT


def task_request(
    manifest: BatchManifest,
    environment: Mapping[str, str],
    *,
    command: Sequence[str] = (),
    cpu: int = 0,
    memory: int = 0,
) -> dict[str, Any]:
    """What RunTask is asked for, whoever asks.

    `environment`: the variables of the main container; the one that renders config files gets those that they hold.
    `command`: what replaces the declared command; empty for that.
    `cpu`, `memory`: what replaces the declared size; 0 for that.
    """
    network: dict[str, Any] = {
        "subnets": list(manifest.subnets),
        "assignPublicIp": "ENABLED" if manifest.assign_public_ip else "DISABLED",
    }
    if manifest.security_groups:
        network["securityGroups"] = list(manifest.security_groups)
    shares = [
        {"capacityProvider": share.provider, "weight": share.weight, "base": share.base} for share in manifest.capacity
    ]
    rendered = {name: value for name, value in environment.items() if name in manifest.files_variables}
    main = {"name": manifest.container, "environment": _pairs(environment)}
    files = [{"name": FILES_CONTAINER, "environment": _pairs(rendered)}] if rendered else []
    size = {"cpu": str(cpu), "memory": str(memory)} if cpu else {}
    return {
        "cluster": manifest.cluster,
        "taskDefinition": manifest.task_definition,
        "platformVersion": manifest.platform_version,
        "networkConfiguration": {"awsvpcConfiguration": network},
        "propagateTags": "TASK_DEFINITION",
        "overrides": {
            "containerOverrides": [{**main, **({"command": list(command)} if command else {})}, *files],
            **size,
        },
        **({"capacityProviderStrategy": shares} if shares else {"launchType": "FARGATE"}),
    }


def too_long(request: Mapping[str, Any]) -> int:
    """How many characters the overrides of a request have; 0 where ECS takes them."""
    length = len(json.dumps(request["overrides"], separators=(",", ":"), ensure_ascii=False))
    return length if length > OVERRIDES_LIMIT else 0


def recased(value: Any) -> Any:  # noqa: ANN401 - JSON
    """What ECS's own API takes or gives, with keys as Step Functions writes them."""
    return _with_keys(value, str.upper)


def as_api(value: Any) -> Any:  # noqa: ANN401 - JSON
    """What Step Functions gives, with keys as ECS's own API writes them."""
    return _with_keys(value, str.lower)


def _with_keys(value: Any, case: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping):
        return {f"{case(key[:1])}{key[1:]}": _with_keys(part, case) for key, part in value.items()}
    return [_with_keys(part, case) for part in value] if isinstance(value, list) else value


def _pairs(variables: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in variables.items()]
