"""One task, and how ECS shows it."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fake_aws.script import Script, Sidecar
from tests.fake_aws.services.streams import Stream
from tests.fake_aws.services.timeline import NEVER, Stop, Timeline, timeline
from tests.fake_aws.written import Row, written, written_beside

Render = Callable[[float], Any]


def seconds(at: float) -> float:
    """A time as the JSON protocols write it."""
    return round(at, 3)


@dataclass(eq=False)
class Task:
    """A task that was started.

    Attributes:
        arn: Its ARN.
        request: The RunTask request it came from.
        definition: ARN of the task definition, with its revision.
        script: What it does, in wall time.
        times: When it does that; changes with a stop.
        container: Name of the main container.
        tags: As in the request; ECS drops them with a stop.
        stopper: Whose stop took effect: an access key, ``scheduler`` or ``somebody``; empty for no one's.
    """

    arn: str
    cluster_arn: str
    request: dict[str, Any]
    definition: str
    script: Script
    container: str
    created: float
    tags: list[dict[str, str]] = field(default_factory=list)
    streams: dict[str, Stream] = field(default_factory=dict)
    stopper: str = ""
    times: Timeline = field(init=False)

    def __post_init__(self) -> None:
        self.times = timeline(self.script, self.created)

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition("/")[2]

    @property
    def family(self) -> str:
        """The task definition's family."""
        return self.definition.rpartition("/")[2].partition(":")[0]

    @property
    def containers(self) -> list[str]:
        """The containers' names."""
        return [self.container, *(sidecar.name for sidecar in self.script.sidecars)]

    def stop(self, now: float, reason: str, by: str = "somebody") -> None:
        """What StopTask does. A task that ends already goes on ending as it did."""
        self.tags = []
        if self.times.desired_status(now) == "STOPPED":
            return
        self.stopper = by
        self._lives_on(timeline(self.script, self.created, Stop(at=now, reason=reason)))

    def end(self, now: float) -> None:
        """The main container ends by itself, now."""
        self.script = dataclasses.replace(self.script, runs=now - self.times.started)
        self._lives_on(timeline(self.script, self.created))

    def _lives_on(self, times: Timeline) -> None:
        self.times = times
        for name, stream in self.streams.items():
            stream.exists_at = self.stream_at(name)
            stream.replace(self.rows(name))

    def stream_at(self, container: str) -> float:
        """When a container's log stream begins to exist."""
        first = any(sidecar.name == container and sidecar.first for sidecar in self.script.sidecars)
        return (self.times.pull_started if first else self.times.started) + self.script.stream_after

    def rows(self, container: str) -> list[Row]:
        """What a container writes."""
        if container == self.container:
            return written(self.script, self.times)
        sidecar = next(sidecar for sidecar in self.script.sidecars if sidecar.name == container)
        return written_beside(sidecar, self.script, self.times)

    def tags_at(self, now: float) -> list[dict[str, str]]:
        """The tags: none any more once the task has stopped."""
        return [] if now >= self.times.stopped else self.tags

    def describe(self, now: float, render: Render = seconds) -> dict[str, Any]:
        """The task as DescribeTasks shows it, without its tags."""
        times = self.times
        request, overrides = self.request, self.request.get("overrides", {})
        shown: dict[str, Any] = {
            "attachments": [],
            "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
            "availabilityZone": "eu-west-1a",
            "clusterArn": self.cluster_arn,
            "containers": [self._main(now), *(self._sidecar(sidecar, now) for sidecar in self.script.sidecars)],
            "cpu": overrides.get("cpu", "256"),
            "desiredStatus": times.desired_status(now),
            "enableExecuteCommand": False,
            "group": request.get("group", f"family:{self.family}"),
            "lastStatus": times.last_status(now),
            "memory": overrides.get("memory", "512"),
            "overrides": {"containerOverrides": [], "inferenceAcceleratorOverrides": [], **overrides},
            "platformFamily": "Linux",
            "platformVersion": "1.4.0",
            "taskArn": self.arn,
            "taskDefinitionArn": self.definition,
            "version": 1 + sum(at <= now for at in (times.connected, times.started, times.reported, times.stopped)),
        }
        if "startedBy" in request:
            shown["startedBy"] = request["startedBy"]
        shown |= self._capacity()
        shown |= {name: render(at) for name, at in self._dates() if at <= now}
        if times.connected <= now:
            shown["connectivity"] = "CONNECTED"
        if now >= times.stopping:
            shown |= {"stopCode": times.stop_code, "stoppedReason": times.reason}
        return shown

    def _capacity(self) -> dict[str, str]:
        strategy = self.request.get("capacityProviderStrategy")
        if strategy:
            return {"capacityProviderName": strategy[0]["capacityProvider"], "launchType": "FARGATE"}
        return {"launchType": self.request.get("launchType", "FARGATE")}

    def _dates(self) -> list[tuple[str, float]]:
        times = self.times
        return [
            ("createdAt", times.created),
            ("connectivityAt", times.connected),
            ("pullStartedAt", times.pull_started),
            ("pullStoppedAt", times.pulled),
            ("startedAt", times.started),
            ("stoppingAt", times.stopping),
            ("executionStoppedAt", times.execution_stopped if times.started != NEVER else NEVER),
            ("stoppedAt", times.stopped),
        ]

    def _main(self, now: float) -> dict[str, Any]:
        times = self.times
        shown = self._container(self.container, now, times.reported)
        if now >= times.reported:
            if times.exit_code is not None:
                shown["exitCode"] = times.exit_code
            if times.container_reason:
                shown["reason"] = times.container_reason
        return shown

    def _sidecar(self, sidecar: Sidecar, now: float) -> dict[str, Any]:
        times = self.times
        ended = min(times.started, times.ended) if sidecar.first else sidecar.end(times.started, times.ended)
        gone = ended + self.script.report
        shown = self._container(sidecar.name, now, gone)
        began = times.pull_started if sidecar.first else times.started
        if now < gone and now >= began:
            shown["lastStatus"] = "RUNNING"
        if now >= gone and began != NEVER and sidecar.exit_code is not None:
            shown["exitCode"] = sidecar.exit_code
        return shown

    def _container(self, name: str, now: float, gone: float) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "containerArn": f"{self.arn.replace(':task/', ':container/')}/{name}",
            "taskArn": self.arn,
            "name": name,
            "image": f"333333333333.dkr.ecr.eu-west-1.amazonaws.com/{self.family}:stage-staging",
            "lastStatus": "STOPPED" if now >= gone else "RUNNING" if now >= self.times.started else "PENDING",
            "networkInterfaces": [],
            "healthStatus": "UNKNOWN",
            "cpu": "0",
        }
        if now >= self.times.pulled:
            shown |= {"imageDigest": self.script.image_digest, "runtimeId": f"{self.id}-{name}"}
        return shown
