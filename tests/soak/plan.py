"""A run of the soak, decided: what the world does, which commands run, and who interferes when."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.fake_aws.faults import Fault
from tests.fake_aws.script import Script

Anchor = Literal["begin", "task", "started", "ended", "stopped", "exit"]
"""When the run begins; when its first task exists; when the newest task's container begins, is shown ended, and is
STOPPED; when the first command has ended."""
Do = Literal["start", "signal", "kill", "stop", "deadline", "delete group", "remake group", "forget"]
OutMode = Literal["whole", "pipe", "slow", "pause", "gone", "closed", "full"]
ErrMode = Literal["whole", "slow", "pause", "closed", "full"]


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command.

    Attributes:
        name: Its name; its calls to AWS are told by it.
        verb: ``run`` or ``attach``.
        arguments: What is typed after it.
        run: The run id it is given; empty for none.
        timeout: Its ``--timeout``, in seconds.
        leaves: It leaves the batch on a signal.
        detach: It leaves as soon as it has started it.
        out: What is done with its stdout.
        err: What is done with its stderr.
    """

    name: str
    verb: Literal["run", "attach"] = "run"
    arguments: Sequence[str] = ()
    run: str = ""
    timeout: float | None = None
    leaves: bool = False
    detach: bool = False
    out: OutMode = "whole"
    err: ErrMode = "whole"


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that is done, so many seconds after a moment."""

    anchor: Anchor
    after: float
    do: Do
    who: str = ""
    number: int = 0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A run.

    Attributes:
        seed: The seed of the soak.
        number: The run's number in it.
        shape: What it is about, in a word.
        scripts: What its tasks do.
        manifest: Fields of the batch's manifest that differ from the sample.
        faults: Operation to what is wrong with its calls.
        quotas: Operation to calls a second, over all callers.
        skew: Seconds that AWS's clock is ahead.
        token_life: Seconds that a token of GetLogEvents lives; 0 for a day.
        guarded: StopTask needs the task's tags, which the first stop takes away.
        commands: The commands.
        steps: What is done, and when.
    """

    seed: int
    number: int
    shape: str
    scripts: Sequence[Script]
    manifest: Mapping[str, Any] = field(default_factory=dict)
    faults: Mapping[str, Sequence[Fault]] = field(default_factory=dict)
    quotas: Mapping[str, float] = field(default_factory=dict)
    skew: float = 0.0
    token_life: float = 0.0
    guarded: bool = False
    commands: Sequence[Command] = ()
    steps: Sequence[Step] = ()

    @property
    def trouble(self) -> int:
        """How many things go wrong in it."""
        return sum(map(len, self.faults.values())) + len(self.quotas) + bool(self.skew) + bool(self.token_life)

    def describe(self) -> Iterator[str]:
        """The plan for people, a line for each thing."""
        yield f"{self.shape}: manifest {dict(self.manifest)}, skew {self.skew}, tokens {self.token_life or 86400} s"
        for script in self.scripts:
            yield f"script {differing(script, lines=f'{len(script.lines)} lines')}"
        for operation, given in self.faults.items():
            yield f"{operation}: {', '.join(differing(fault) for fault in given)}"
        yield from (f"{operation}: {rate} a second" for operation, rate in self.quotas.items())
        yield from (f"command {differing(command)}" for command in self.commands)
        yield from (f"step {differing(step)}" for step in self.steps)


def differing(record: Any, **instead: object) -> str:  # noqa: ANN401 - any dataclass
    """The fields of a record that are not their defaults."""
    shown = []
    for one in dataclasses.fields(record):
        value = getattr(record, one.name)
        if value != one.default:
            text = instead.get(one.name, round(value, 2) if isinstance(value, float) else value)
            shown.append(f"{one.name}={text}")
    return " ".join(shown) or "plain"
