"""A server in a process of its own, for benchmarks."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.managers import BaseManager

from tests.fake_aws.server import AwsServer


class RemoteServer(AwsServer):
    """A server whose methods can be called from another process; what has happened is one of them, too."""

    def __init__(self) -> None:
        super().__init__()
        self.start()

    def times(self) -> dict[str, tuple[float, float]]:
        """Family to the exact start and end of its newest task's main container, in seconds since the epoch."""
        return {task.family: (task.times.started, task.times.ended) for task in self.tasks}

    def counts(self) -> Counter[str]:
        """How many calls there were of every operation; those that failed as ``Operation Code``."""
        return Counter(f"{call.operation} {call.outcome}".strip() for call in self.calls)


class _Manager(BaseManager):
    """The process."""


_Manager.register("RemoteServer", RemoteServer)


@contextmanager
def remote_server() -> Iterator[RemoteServer]:
    """A server, as long as the block lasts: a proxy with its methods."""
    with _Manager() as manager:
        yield vars(_Manager)["RemoteServer"](manager)
