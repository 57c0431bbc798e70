"""Makes what a command works with on AWS, from this process's surroundings."""

from collections.abc import Mapping
from pathlib import Path

from batchwright_runner.aws.client import Clients
from batchwright_runner.aws.config import find_stage
from batchwright_runner.stage.session import Stage
from batchwright_runner.stage.surroundings import Surroundings
from batchwright_runner.terminal.console import Console, Tell, is_terminal, wants_colour
from batchwright_runner.terminal.live_line import Status


def open_stage(name: str | None, around: Surroundings, tell: Tell) -> Stage:
    """The stage of that name.

    Raises:
        UsageError: No stage was given, or the file does not have it.
        RunnerError: The file cannot be used.
    """
    where = find_stage(name, folder=around.folder, home=Path.home(), environment=around.environment)
    clients = Clients(where)
    return Stage(where, clients, around.waiter, tell, clients.region)


def status_for(environment: Mapping[str, str]) -> Status:
    """The status on stderr, live where that is a terminal."""
    live = is_terminal(2) and environment.get("TERM") != "dumb"
    return Status(Console(), live=live, colour=wants_colour(2, environment))
