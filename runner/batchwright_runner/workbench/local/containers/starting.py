"""Makes a task's containers and starts them, and connects to their logs before that."""

from collections.abc import Collection

from batchwright_runner.workbench.local.containers.container import Container
from batchwright_runner.workbench.local.containers.engine import ContainerEngine, EngineError, LogSocket
from batchwright_runner.workbench.local.containers.ground import Ground


class Starter:
    """Starts containers.

    Args:
        engine: The engine.
        ground: What they stand on.
        prefix: Begins their names in the engine.
        shown: The containers whose log is wanted.

    Attributes:
        streams: Connections to the logs, by container.
    """

    def __init__(self, engine: ContainerEngine, ground: Ground, prefix: str, shown: Collection[str]) -> None:
        self._engine = engine
        self._ground = ground
        self._prefix = prefix
        self._shown = shown
        self.streams: dict[str, LogSocket] = {}

    def start(self, container: Container) -> None:
        """Makes a container, unless it is made already, and starts it.

        Raises:
            EngineError: It cannot be made or started; the message begins with ECS's word for which of the two.
        """
        name = container.plan.name
        try:
            if not container.id:
                body = self._ground.body_on(container.plan.body)
                container.id = self._engine.create(f"{self._prefix}-{name}", body)
        except EngineError as error:
            raise EngineError(f"CannotCreateContainerError: {error}") from error
        try:
            if name in self._shown:
                self.streams[name] = self._engine.attach(container.id)
            self._engine.start(container.id)
        except EngineError as error:
            raise EngineError(f"CannotStartContainerError: {error}") from error
