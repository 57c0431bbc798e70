"""What a batch's machine keeps between two questions, and does not read. Pure.

The function writes it and gets it back. It holds the terms of the attempt, too, so that a deployment in between changes
no verdict.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from batchwright_runner.contract.json_text import compact
from batchwright_runner.contract.machines.figures import CAUSE_LIMIT, PROTOCOL
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.verdicts import Row, name


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptTerms:
    """By what the end of an attempt is judged."""

    cluster: str
    container: str
    essential: tuple[str, ...] = ()
    retries: int = 0
    retry_on: tuple[int | str, ...] = ()
    retry_delay_seconds: int = 0
    timeout_seconds: int = 0

    @classmethod
    def of(cls, manifest: BatchManifest) -> Self:
        """Those of a batch."""
        return cls(**{name: getattr(manifest, name) for name in cls.__dataclass_fields__})


def shortened(why: str) -> str:
    """What is kept of why something failed."""
    while len(compact({"why": why})) > CAUSE_LIMIT:
        why = f"{why[: len(why) * 9 // 10 - 1]}…"
    return why


@dataclass(frozen=True, slots=True)
class ExecutionFailure:
    """How an execution fails."""

    error: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class ExecutionSubject:
    """Whose execution it is."""

    batch: str
    stage: str
    # The execution's name: the run's id
    run: str = ""

    def failure(self, row: Row, why: str, *, attempt: int, task: str = "", code: int = 0) -> ExecutionFailure:
        """A failure, whose cause is an object: batch, run, attempt, task and why."""
        cause = {"batch": self.batch, "stage": self.stage, "run": self.run, "attempt": attempt}
        cause |= {"why": shortened(why)}
        return ExecutionFailure(name(row, code), compact({**cause, **({"task": task} if task else {})}))


NEVER = ExecutionFailure(name(Row.NEVER_STARTED, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Memo:
    """The memo."""

    # The attempt that is about to start, or was started
    attempt: int = 1
    # How many attempts have ended, failed starts aside
    retried: int = 0
    # How many starts in a row have failed
    failed: int = 0
    # How often AWS has refused to start this attempt
    refused: int = 0
    # How often it was started without a task that could be found
    unknown: int = 0
    # How often its task was looked for
    looks: int = 0
    # When the gate let it start, in seconds since 1970
    began: float = 0.0
    # Since when it waits for another run; 0 where it does not
    since: float = 0.0
    # The ARN of the run that it waits for
    behind: str = ""
    # Why its task is looked for; empty where ``.sync`` has told its end
    doubt: str = ""
    # When its time was up, where that is why
    until: float = 0.0
    # Its task, as it was asked to stop
    stopped: str = ""
    stops: int = 0
    terms: AttemptTerms | None = None
    # What the machine ends with where the function cannot be asked
    lost: ExecutionFailure = NEVER
    # The end of the attempt before, and where there was none, that none began
    before: ExecutionFailure = NEVER

    @property
    def is_first(self) -> bool:
        """Whether nothing of the run can have been started."""
        return self.attempt == 1 and not self.unknown

    def to_dict(self) -> dict[str, Any]:
        """Its fields as plain data, without those that are as at first; ``before`` only where it is not ``lost``."""
        first = asdict(Memo()) | {"before": asdict(self.lost)}
        told = {name: value for name, value in asdict(self).items() if value != first[name]}
        return {"protocol": PROTOCOL, **told, "lost": asdict(self.lost)}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Reads that form; fields that are not known are passed over."""
        known: dict[str, Any] = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        if terms := known.get("terms"):
            lists = {name: tuple(value) for name, value in terms.items() if isinstance(value, list)}
            fields = AttemptTerms.__dataclass_fields__
            known["terms"] = AttemptTerms(**{name: {**terms, **lists}[name] for name in fields if name in terms})
        known["lost"] = _failure(data["lost"])
        known["before"] = _failure(data.get("before", data["lost"]))
        return cls(**known)

    def next(self, end: ExecutionFailure, **changes: Any) -> Self:  # noqa: ANN401 - any field
        """The memo of the next attempt, after one that ended so."""
        return replace(
            self,
            **{name: getattr(Memo(), name) for name in _OF_AN_ATTEMPT},
            attempt=self.attempt + 1,
            lost=end,
            before=end,
            **changes,
        )


def _failure(data: Mapping[str, Any]) -> ExecutionFailure:
    return ExecutionFailure(str(data["error"]), str(data.get("cause", "")))


_OF_AN_ATTEMPT = ("refused", "unknown", "looks", "began", "since", "behind", "doubt", "until", "stopped", "stops")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the machine does next.

    From the gate: ``start``, ``wait``, ``judge``, ``fail``; from the judge: ``again``, ``look``, ``stop``, ``ok``,
    ``fail``.
    """

    next: str
    memo: Memo
    seconds: int = 0
    # The request for the task, for ``start``; for the stop, for ``stop``: in Step Functions' casing
    request: Mapping[str, Any] | None = None
    failure: ExecutionFailure | None = None
    # The task of a success
    task: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The form in which the machine gets it."""
        told: dict[str, Any] = {"next": self.next, "memo": self.memo.to_dict()}
        if self.next in ("wait", "again", "look"):
            told["seconds"] = self.seconds
        if self.request is not None:
            told["request"] = dict(self.request)
        if self.failure is not None:
            told |= asdict(self.failure)
        return told | ({"task": self.task, "attempt": self.memo.attempt} if self.next == "ok" else {})
