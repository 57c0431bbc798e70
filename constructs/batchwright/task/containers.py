"""Container definitions as ECS wants them, as plain dictionaries from pure functions.

The keys are those of the ECS API (``ContainerDefinition``), which are the ones that aws-cdk-lib's typed task definition
takes. It drops a key it does not know without a word: `batchwright.testing.dropped_keys` finds such a loss.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aws_cdk import Duration

from batchwright.arguments import checked_fields
from batchwright.task.checks import seconds
from batchwright.task.container import Container
from batchwright.task.images import BatchImage, as_image
from batchwright.task.volumes import Volume, mount_points

MAIN = "main"
"""The name of the main container."""

STREAM_PREFIX = "run"
"""What the names of log streams begin with: ``run/{container}/{task id}``."""

Definition = dict[str, Any]
"""A container definition."""

Condition = Literal["START", "COMPLETE", "SUCCESS", "HEALTHY"]


@checked_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """How ECS asks whether a container is well.

    Attributes:
        command: The command: ``["CMD-SHELL", "curl -f localhost"]`` or ``["CMD", "/check"]``.
        interval: Seconds between two checks, 5 to 300.
        timeout: Seconds a check may take, 2 to 60.
        retries: How many failures in a row make it unhealthy, 1 to 10.
        start_period: Seconds after the start in which failures do not count, 0 to 300.
    """

    command: Sequence[str]
    interval: int = 30
    timeout: int = 5
    retries: int = 3
    start_period: int = 0


@checked_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """A container beside the main one. Its exit code never is the run's.

    Attributes:
        name: Its name: letters, digits and dashes; not ``main``.
        image: The image's URI with its tag, or a `BatchImage`.
        command: Its command. Default: the image's.
        entry_point: Its entry point. Default: the image's.
        environment: Plain variables.
        secrets: Variables that the batch declares as parameters or secrets and this container gets too; or the
            variable's name in this container to its name in the declaration, where they differ.
        essential: Whether its end ends the task. Default: it does not. If it does, let it end with 143 on SIGTERM: with
            another code it may have ended before the main container, whose code then is not taken for its own.
        stop_timeout: Time to end in after SIGTERM, 2 to 120 seconds.
        health_check: How to see that it is well. Default: the image's own check does not count for ECS.
        depends_on: Container to condition that this one waits for: START, COMPLETE, SUCCESS or HEALTHY.
        main_waits_for: What the main container waits for: this one's START, COMPLETE, SUCCESS or HEALTHY. At the end
            of a run, ECS then stops this one after the main one. Default: the main container does not wait for it.
        cpu: CPU units reserved for it out of the task's.
        memory: Memory in MiB it may have out of the task's. Default: no limit of its own.
        read_only_root: Whether its root file system can only be read.
        user: The user it runs as. Default: the image's.
        volumes: Name to path, of directories it shares with other containers of the task; and path to `Volume`, of file
            systems from elsewhere.
    """

    name: str
    image: str | BatchImage
    command: Sequence[str] | None = None
    entry_point: Sequence[str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Sequence[str] | Mapping[str, str] = ()
    essential: bool = False
    stop_timeout: Duration | None = None
    health_check: HealthCheck | None = None
    depends_on: Mapping[str, Condition] = field(default_factory=dict)
    main_waits_for: Condition | None = None
    cpu: int | None = None
    memory: int | None = None
    read_only_root: bool = False
    user: str | None = None
    volumes: Mapping[str, str | Volume] = field(default_factory=dict)

    @property
    def _declared_secrets(self) -> Mapping[str, str]:
        """The variable's name in this container to its name in the declaration."""
        return self.secrets if isinstance(self.secrets, Mapping) else {name: name for name in self.secrets}


def main_waits_for(sidecars: Sequence[Sidecar]) -> dict[str, Condition]:
    """Container to condition that the main one waits for, as the sidecars say it."""
    return {sidecar.name: sidecar.main_waits_for for sidecar in sidecars if sidecar.main_waits_for is not None}


def log_configuration(group: str, region: str) -> dict[str, Any]:
    """ECS's ``logConfiguration``: the log group that a container writes into, and its region.

    ``mode: blocking``, because since 25 June 2025 AWS's default is ``non-blocking``, which drops lines that come faster
    than they are sent (Amazon ECS developer guide, "awslogs log driver", read 2026-11).
    """
    options = {
        "awslogs-group": group,
        "awslogs-region": region,
        "awslogs-stream-prefix": STREAM_PREFIX,
        "mode": "blocking",
    }
    return {"logDriver": "awslogs", "options": options}


def main_container(
    image: str,
    command: Sequence[str] | None,
    declared: Container,
    log: Mapping[str, Any],
    environment: Mapping[str, str],
    secrets: Sequence[Mapping[str, str]],
    *,
    waits_for: Mapping[str, Condition] | None = None,
    files: Mapping[str, str] | None = None,
    file_systems: Mapping[Volume, str] | None = None,
) -> Definition:
    """The main container's definition.

    `command`: its command; ``None`` for the image's.
    """
    container: Definition = {
        "name": MAIN,
        "image": image,
        "essential": True,
        "stopTimeout": seconds(declared.stop_timeout),
        "readonlyRootFilesystem": declared.read_only_root,
        "logConfiguration": log,
        "environment": _pairs(environment),
        "secrets": [dict(secret) for secret in secrets],
        "linuxParameters": _linux(declared.init_process, declared.writable_paths),
        "ulimits": _ulimits(declared.ulimits),
        "dependsOn": _depends(waits_for or {}),
        "mountPoints": [
            *mount_points(declared.volumes, file_systems or {}),
            *mount_points(files or {}, {}, read_only=[*(files or ())]),
        ],
        "command": list(command or ()),
        "entryPoint": list(declared.entry_point or ()),
        "user": declared.user,
        "workingDirectory": declared.working_directory,
    }
    return _without_empty(container)


def sidecar_container(
    sidecar: Sidecar,
    log: Mapping[str, Any],
    secrets: Sequence[Mapping[str, str]],
    file_systems: Mapping[Volume, str] | None = None,
) -> Definition:
    """A sidecar's definition; ``secrets`` are the batch's, of which it gets those it names."""
    check = sidecar.health_check
    container: Definition = {
        "name": sidecar.name,
        "image": as_image(sidecar.image).uri,
        "essential": sidecar.essential,
        "stopTimeout": seconds(sidecar.stop_timeout) if sidecar.stop_timeout else None,
        "readonlyRootFilesystem": sidecar.read_only_root,
        "logConfiguration": log,
        "environment": _pairs(sidecar.environment),
        "secrets": _secrets_of(sidecar, secrets),
        "dependsOn": _depends(sidecar.depends_on),
        "mountPoints": mount_points(sidecar.volumes, file_systems or {}),
        "command": list(sidecar.command or ()),
        "entryPoint": list(sidecar.entry_point or ()),
        "user": sidecar.user,
        "cpu": sidecar.cpu,
        "memory": sidecar.memory,
        "healthCheck": _health(check) if check else None,
    }
    return _without_empty(container)


def _linux(init_process: bool, writable_paths: Mapping[str, int]) -> dict[str, Any]:
    """Writable paths are tmpfs mounts, which Fargate takes since 6 January 2026; they count against the task's memory.

    ``mode=1777``, because a mount belongs to root and the container's user often is another.
    """
    mounts = [
        {"containerPath": path, "size": size, "mountOptions": ["mode=1777"]}
        for path, size in sorted(writable_paths.items())
    ]
    return {"initProcessEnabled": init_process} | ({"tmpfs": mounts} if mounts else {})


def _ulimits(ulimits: Mapping[str, int | tuple[int, int]]) -> list[dict[str, Any]]:
    pairs = {name: (value, value) if isinstance(value, int) else value for name, value in ulimits.items()}
    return [{"name": name, "softLimit": soft, "hardLimit": hard} for name, (soft, hard) in sorted(pairs.items())]


def _health(check: HealthCheck) -> dict[str, Any]:
    return {
        "command": list(check.command),
        "interval": check.interval,
        "timeout": check.timeout,
        "retries": check.retries,
        "startPeriod": check.start_period,
    }


def _depends(depends_on: Mapping[str, Condition]) -> list[dict[str, str]]:
    return [{"containerName": name, "condition": condition} for name, condition in depends_on.items()]


def _secrets_of(sidecar: Sidecar, secrets: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    places = {secret["name"]: secret["valueFrom"] for secret in secrets}
    return [{"name": name, "valueFrom": places[of]} for name, of in sorted(sidecar._declared_secrets.items())]


def _pairs(environment: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in sorted(environment.items())]


def _without_empty(container: Definition) -> Definition:
    return {key: value for key, value in container.items() if value is not None and value not in ([], {}, "")}
