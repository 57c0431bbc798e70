"""Makes a task's containers and starts them, and connects to their logs before that."""

from collections.abc import Collection
from contextlib import suppress

from batchwright_runner.workbench.local.containers.container import Container
from batchwright_runner.workbench.local.containers.engine import ContainerEngine, EngineError, LogSocket
from batchwright_runner.workbench.local.containers.ground import Ground
from batchwright_runner.workbench.local.containers.handed import Handed


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
            if container.plan.handed is None:
                self._engine.start(container.id)
            else:
                self._hand(container.id, container.plan.handed)
        except EngineError as error:
            raise EngineError(f"CannotStartContainerError: {error}") from error

    def _hand(self, container: str, handed: Handed) -> None:
        """Starts a container whose command and variables come through its stdin.

        Raises:
            EngineError: The command does not exist, or the container cannot be started.
        """
        if not any(self._engine.has_program(container, path) for path in handed.programs):
            what = repr(handed.words[0]) if handed.words else "no command"
            raise EngineError(f"{what}: neither a file nor in PATH" if handed.words else f"{what} is declared")
        stdin = self._engine.hand(container)
        self._engine.start(container)
        with suppress(OSError):  # one that has ended already is seen by its end
            stdin.sendall(handed.frame())
            stdin.close()
