"""What is asked of a run on this machine, and what it starts from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.settings.backend import Backend
from batchwright_runner.host.settings.project import Project
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.workbench.local.recording import Recorder
from batchwright_runner.workbench.local.stage_values import StageValues
from batchwright_runner.workbench.project.batches import DeclaredBatch


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


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run on this machine starts from.

    Attributes:
        request: What was asked for.
        batch: The batch, without the containers that are left out.
        siblings: The stage's batches.
        project: The project.
        values: The batch's variables.
        recorder: Takes what its SDKs report; ``None`` where nothing is recorded.
        staged: The stage's values, which are given to containers only; ``None`` where it does not get them.
        credentials: Gives the task role's credentials, as ECS serves them; ``None`` where it does not get them.
    """

    request: LocalRequest
    batch: DeclaredBatch
    siblings: Sequence[DeclaredBatch]
    project: Project
    values: Mapping[str, str]
    recorder: Recorder | None = None
    staged: StageValues | None = None
    credentials: Callable[[], bytes | None] | None = None


Start = Callable[[Surroundings, Mapping[str, str]], RunEnd]
"""Runs what is ready to its end, in the surroundings and with the further variables that it is given."""


@dataclass(frozen=True, slots=True)
class ReadyRun:
    """A run of which images and values are there.

    Attributes:
        start: Starts it.
        notes: What a person should know before.
    """

    start: Start
    notes: Sequence[str] = ()
