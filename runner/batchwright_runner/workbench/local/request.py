"""What is asked of a run on this machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from batchwright_runner.host.settings.backend import Backend


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRequest:
    """What was asked for.

    Attributes:
        name: The batch.
        stage: The stage whose declaration is run.
        given: Variables of this run only.
        command: What replaces the declared command; empty for the declared one.
        options: Option to value, as the batch declares them.
        timeout: Seconds that replace the declared timeout.
        run: The run's id.
        backend: What it runs in.
        images: Container to the image that replaces the declared one; an empty name for the main one.
        without: The containers beside the main one that are left out.
        network: The engine's network that it joins; empty for the engine's own bridge.
        cpu: CPU units that replace the declared ones; 0 for those.
        memory: MiB that replace the declared ones; 0 for those.
        aws_profile: The profile whose credentials the batch gets; empty for none.
        all_containers: Whether to show the other containers' logs too.
        record_permissions: Whether to record which calls to AWS it makes.
        use_task_role: Whether it gets the credentials of the stage's task role.
        use_values: Whether it gets the stage's parameters and secrets.
    """

    name: str
    stage: str
    given: Mapping[str, str]
    command: Sequence[str]
    timeout: int | None
    options: Mapping[str, str] = field(default_factory=dict)
    run: str = ""
    backend: Backend = "auto"
    images: Mapping[str, str] = field(default_factory=dict)
    without: Sequence[str] = ()
    network: str = ""
    cpu: int = 0
    memory: int = 0
    aws_profile: str = ""
    all_containers: bool = False
    record_permissions: bool = False
    use_task_role: bool = False
    use_values: bool = False

    @property
    def from_stage(self) -> list[str]:
        """The options given that reach into a deployed stage."""
        given = {"--use-task-role": self.use_task_role, "--use-values": self.use_values}
        return [option for option, value in given.items() if value]

    @property
    def only_in_containers(self) -> Mapping[str, str]:
        """The options given that a plain process cannot honor, each with the reason."""
        given = {
            "--cpu": (self.cpu, "has no size"),
            "--memory": (self.memory, "has no size"),
            "--image": (self.images, "has no image"),
            "--use-task-role": (self.use_task_role, "has no network of its own to serve credentials in"),
            "--use-values": (
                self.use_values,
                "is not isolated: other processes of this user could read the stage's secrets",
            ),
            "--network": (self.network, "shares this machine's network"),
        }
        return {option: why for option, (value, why) in given.items() if value}
