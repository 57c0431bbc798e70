"""What a run on Fargate will ask ECS for. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import shown
from batchwright_runner.contract.names import FILES_CONTAINER, TAG_ATTEMPT, TAG_RUN_ID, TAG_TIMEOUT, StageNames
from batchwright_runner.contract.sizes import MEMORY
from batchwright_runner.contract.stop_reasons import OVERRIDES_LIMIT
from batchwright_runner.contract.tasks import Given, created_at, given_to
from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.run_id import RunId, client_token
from batchwright_runner.host.runs.variables import refuse_undecoded


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """A run, with all that was decided for it."""

    manifest: BatchManifest
    run: RunId
    # Random text of this process
    nonce: str
    # Seconds until the run is stopped
    timeout: int
    environment: Mapping[str, str] = field(default_factory=dict)
    # What replaces the declared command; empty for the declared one
    command: Sequence[str] = ()
    # CPU units that replace the declared ones; 0 for those
    cpu: int = 0
    # MiB that replace the declared ones; 0 for those
    memory: int = 0
    attempt: int = 1

    @property
    def name(self) -> str:
        """``BATCH@ID``, by the id of the run: all its attempts have it."""
        return f"{self.manifest.batch}@{self.run.started_by}"

    def next(self) -> "RunPlan":
        """The plan of the next attempt."""
        return replace(self, attempt=self.attempt + 1)

    def request(self) -> dict[str, Any]:
        """The RunTask request. It holds nothing that a repeat of it would change: no time, host or user."""
        manifest = self.manifest
        request: dict[str, Any] = {
            "cluster": manifest.cluster,
            "taskDefinition": manifest.task_definition,
            "count": 1,
            "startedBy": self.run.started_by,
            "clientToken": client_token(
                manifest.project, manifest.stage, manifest.batch, self.run, self.attempt, self.nonce
            ),
            "platformVersion": manifest.platform_version,
            "networkConfiguration": {"awsvpcConfiguration": _network(manifest)},
            "propagateTags": "TASK_DEFINITION",
            "tags": self._tags(),
        }
        if manifest.capacity:
            request["capacityProviderStrategy"] = [
                {"capacityProvider": share.provider, "weight": share.weight, "base": share.base}
                for share in manifest.capacity
            ]
        else:
            request["launchType"] = "FARGATE"
        overrides = self._overrides()
        if overrides:
            request["overrides"] = overrides
        return request

    def refuse_other(self, task: Mapping[str, Any]) -> None:
        """Refuses to join a run of this id that was started otherwise than this one would be."""
        ours = Given(self.environment, self.command, (str(self.cpu or ""), str(self.memory or "")))
        theirs, options = given_to(task, self.manifest.container), {option.name for option in self.manifest.options}
        names = [f"-{'o' if name in options else 'e'} {name}" for name in ours.other_variables(theirs)]
        if names := [*names, *ours.other_options(theirs)]:
            raise UsageError(
                f"run {self.name} cannot be joined: it was started at {shown(created_at(task))} with other "
                f"values of {', '.join(names)}",
                hint="Follow it with batchwright attach, or give this run another --run-id",
            )

    def _tags(self) -> list[dict[str, str]]:
        ours = StageNames.of(self.manifest).batch_tags(self.manifest.batch)
        tags = {**self.manifest.tags, **ours, TAG_RUN_ID: self.run.started_by}
        if self.attempt > 1:
            tags[TAG_ATTEMPT] = str(self.attempt)
        if self.timeout != self.manifest.timeout_seconds:
            tags[TAG_TIMEOUT] = str(self.timeout)
        return [{"key": key, "value": value} for key, value in tags.items()]

    def _overrides(self) -> dict[str, Any]:
        container: dict[str, Any] = {}
        if self.command:
            container["command"] = list(self.command)
        if self.environment:
            container["environment"] = [{"name": name, "value": value} for name, value in self.environment.items()]
        overrides: dict[str, Any] = {}
        if container:
            overrides["containerOverrides"] = [{"name": self.manifest.container, **container}, *self._for_files()]
        if self.cpu:
            overrides |= {"cpu": str(self.cpu), "memory": str(self.memory)}
        return overrides

    def _for_files(self) -> list[dict[str, Any]]:
        """The variables that the container which renders the config files gets too, so that both agree."""
        variables = [
            {"name": name, "value": value}
            for name, value in self.environment.items()
            if name in self.manifest.files_variables
        ]
        return [{"name": FILES_CONTAINER, "environment": variables}] if variables else []


def check_size(cpu: int, memory: int) -> None:
    """Refuses a size that Fargate does not have.

    `cpu`: CPU units that replace the declared ones; 0 for those.
    `memory`: MiB that replace the declared ones; 0 for those.
    """
    if bool(cpu) != bool(memory):
        raise UsageError("--cpu and --memory go together: only one is given", hint="Give both, or neither")
    if cpu and cpu not in MEMORY:
        raise UsageError(f"--cpu {cpu} is refused: Fargate has {', '.join(map(str, MEMORY))}")
    if cpu and memory not in MEMORY[cpu]:
        allowed = ", ".join(map(str, MEMORY[cpu]))
        raise UsageError(f"--memory {memory} is refused: with --cpu {cpu} Fargate has {allowed}")


def check_plan(plan: RunPlan) -> None:
    """Refuses what ECS would refuse, or change."""
    check_size(plan.cpu, plan.memory)
    refuse_undecoded(plan.environment, plan.command)
    length = len(json.dumps(plan.request().get("overrides", {}), separators=(",", ":"), ensure_ascii=False))
    if length > OVERRIDES_LIMIT:
        raise UsageError(
            f"-e and COMMAND are too long: {length} characters, and ECS takes {OVERRIDES_LIMIT} in all",
            hint="Put the values where the batch can read them, and pass their place",
        )


def _network(manifest: BatchManifest) -> dict[str, Any]:
    network: dict[str, Any] = {
        "subnets": list(manifest.subnets),
        "assignPublicIp": "ENABLED" if manifest.assign_public_ip else "DISABLED",
    }
    if manifest.security_groups:
        network["securityGroups"] = list(manifest.security_groups)
    return network
