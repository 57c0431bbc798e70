"""What a command works with: folder, variables, time and signals, stdout and stderr."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from batchwright_runner.runs.signals import Waiter
from batchwright_runner.terminal.console import Console, Tell
from batchwright_runner.terminal.log_output import Output


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The collaborators of a command, so that a test can give its own.

    Attributes:
        folder: The working directory.
        environment: This process's variables.
        waiter: Time and signals.
        output: Where the batch's log goes.
        tell: Where status goes.
    """

    folder: Path
    environment: Mapping[str, str]
    waiter: Waiter
    output: Output
    tell: Tell

    @classmethod
    def of(cls, waiter: Waiter, output: Output) -> Self:
        """This process's own."""
        return cls(Path.cwd(), os.environ, waiter, output, Console())

    @staticmethod
    def variables() -> Mapping[str, str]:
        """This process's variables."""
        return os.environ
