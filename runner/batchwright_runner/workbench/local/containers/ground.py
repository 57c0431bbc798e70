"""What the containers of a task stand on: its volumes with what they hold, the holder of its network, and its relay."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from batchwright_runner.workbench.local.config_files import folder_entry, tar_of
from batchwright_runner.workbench.local.containers.body import limits
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.relay.relay import Relay, holder, image
from batchwright_runner.workbench.local.containers.task_plan import TaskPlan


class Ground:
    """What is made before the first container. Whatever was made is known at once, so that it can be removed.

    `holder`: Id of the container that holds the network; empty for none.
    `cgroup`: the control group that limits the sum of the containers; empty where the engine has none.
    """

    def __init__(self, engine: Engine, plan: TaskPlan, remarks: list[str]) -> None:
        self._engine = engine
        self._plan = plan
        self.remarks = remarks
        self.holder = ""
        self.volumes: list[str] = []
        self.cgroup = ""
        self.relay: Relay | None = None

    def close(self) -> None:
        """Ends the relay, once it has handed over what it has."""
        if self.relay is not None:
            self.relay.flush()
            self.relay.close()

    def body_on(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body of a container that stands on this: in its network, and in its control group."""
        network = {"NetworkMode": f"container:{self.holder}"} if self.holder else self._plan.network
        host = {**body["HostConfig"], **network}
        if self.cgroup:
            host["CgroupParent"] = self.cgroup
        return {**body, "HostConfig": host}

    def create(self, name: str, body: Mapping[str, Any]) -> str:
        """Makes a container of the task, with the task's labels; gives its id."""
        return self._create(f"{self._plan.prefix}-{name}", body)

    def _create_beside(self, name: str, body: Mapping[str, Any]) -> str:
        """Makes a container that is not of the task: none of the task has a dot in its name."""
        return self._create(f"{self._plan.prefix}.{name}", body)

    def _create(self, name: str, body: Mapping[str, Any]) -> str:
        return self._engine.create(name, {**body, "Labels": dict(self._plan.labels)})

    def check_init(self, image: str) -> None:
        """Makes a container with an init process and removes it: Podman has none where a program is missing."""
        if self._engine.kind == "podman":
            body = {"Image": image, "Cmd": ["true"], "HostConfig": {"Init": True}}  # an image may have no command
            self._engine.remove(self._create_beside("init", body))

    def prepare(self) -> None:
        """Makes the volumes with what they hold, and the holder of the network."""
        held = self._plan.files if self._plan.in_memory else {}
        for name, volume in self._plan.volumes.items():
            empty, in_memory = name in self._plan.empty, name in held
            self._engine.create_volume(volume, self._plan.labels, empty=empty, in_memory=in_memory)
            self.volumes.append(volume)
        filled = {} if self._plan.in_memory else self._plan.files
        if filled or self._plan.open:
            self._fill(filled, self._plan.open)
        if self._plan.held:
            self._hold(held)
        for name, archive in held.items():  # which last for as long as the holder runs
            self._engine.put(self.holder, f"/{name}", archive)

    def _fill(self, files: Mapping[str, bytes], everyones: Sequence[str]) -> None:
        """Unpacks what volumes hold from the beginning, by way of a container that is not started."""
        folders = {name: f"/{name}" for name in (*files, *everyones)}
        binds = [f"{self._plan.volumes[name]}:{folder}:nocopy" for name, folder in folders.items()]
        body = {
            "Image": image(self._engine),
            "HostConfig": {"LogConfig": {"Type": "none"}, "Binds": binds},
        }
        filler = self._create_beside("files", body)
        try:
            for name, archive in files.items():
                self._engine.put(filler, folders[name], archive)
            for name in everyones:
                # Docker takes the mode of a volume from an archive for the folder above it, Podman from its own.
                self._engine.put(filler, "/", tar_of([folder_entry(name, 0o1777)]))
                self._engine.put(filler, folders[name], tar_of([folder_entry("./", 0o1777)]))
        finally:
            self._engine.remove(filler)

    def _hold(self, volumes: Iterable[str]) -> None:
        ports, size = self._plan.relay, self._plan.size
        binds = [f"{self._plan.volumes[name]}:/{name}:nocopy" for name in volumes]
        host = {
            "LogConfig": {"Type": "none"},
            **limits(size.cpu, size.memory),
            **self._plan.network,
        }
        body = {
            **holder(self._engine, ports),
            "HostConfig": {**host, "Binds": binds} if binds else host,
        }
        self.holder = self._create_beside("network", body)
        if self._plan.handlers is not None:
            self.relay = Relay(self._engine.converse(self.holder), self._plan.handlers)
        self._engine.start(self.holder)
        if self.relay is not None:
            self.relay.wait()
        if self._engine.nests_cgroups():
            self.cgroup = self._engine.cgroup(self.holder)
        if not self.cgroup:
            self.remarks.append(
                f"size {size.cpu} CPU units, {size.memory} MiB: held for each container, "
                "and not for their sum as on Fargate"
            )
