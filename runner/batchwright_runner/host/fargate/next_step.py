"""What comes next in a run on Fargate, by what was seen last. Pure: `batchwright_runner.host.fargate.run` does it."""

from dataclasses import dataclass, replace
from enum import Enum

from batchwright_runner.contract.judgment.retries import after, why_again
from batchwright_runner.contract.judgment.verdict import Ending
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.errors import RunnerError


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A run, as far as the next step depends on it."""

    manifest: BatchManifest
    # Whether it is left as soon as it is started
    detach: bool = False
    # How many of its attempts have ended
    ended: int = 0
    failed_starts: int = 0
    # How many of them, failed starts aside
    tried: int = 0
    # The last attempt that had begun; 0 for none
    begun: int = 0

    def after(self, attempt: int, verdict: Verdict, ending: Ending | None) -> "Progress":
        """The run after the end of an attempt."""
        failed = verdict.row is Row.NEVER_STARTED
        return replace(
            self,
            ended=self.ended + 1,
            failed_starts=self.failed_starts + 1 if failed else 0,
            tried=self.tried + (not failed),
            begun=attempt if ending is not None and ending.began else self.begun,
        )

    def why_again(self, verdict: Verdict, ending: Ending | None) -> str:
        """Why the batch asks for another attempt after the one that has just ended; empty for none."""
        if ending is None:
            return ""
        retried = max(0, self.tried - 1)
        return why_again(self.manifest, verdict, ending, failed_starts=self.failed_starts, retried=retried)

    def judged(self, verdict: Verdict) -> Verdict:
        """The verdict of the run, by that of the attempt that has just ended."""
        return after(self.begun, verdict)


@dataclass(frozen=True, slots=True)
class Nothing:
    """No task of this attempt is there."""

    # No other run of the batch was in progress at the last look
    turn: bool = False


@dataclass(frozen=True, slots=True)
class TaskPresent:
    """A task of this attempt is there."""

    # It has just been started, and whether an older run is in progress is not known yet
    new: bool = False
    # It has ended, or is being stopped by others
    over: bool = False


@dataclass(frozen=True, slots=True)
class GaveWay:
    """The task was stopped for an older run."""

    run: str
    began: bool = False


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """An attempt has ended; `Progress.after` knows it."""

    verdict: Verdict
    ending: Ending | None
    signals: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A step could not be done."""

    error: RunnerError


Seen = Nothing | TaskPresent | GaveWay | AttemptEnded | Failed


class Do(Enum):
    """A step that needs no more facts."""

    START = "ask ECS for a task"
    GIVE_WAY = "look whether an older run is in progress, and stop ours for it"
    FOLLOW = "show the log of the task until its end"


@dataclass(frozen=True, slots=True)
class WaitForTurn:
    """Wait until no other run of the batch is in progress."""

    # The older run for which the task was stopped; empty where none was started
    behind: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """Make a further attempt, after a pause."""

    why: str
    # How the attempt before has ended
    after: str


class Result(Enum):
    """What the result of a run is."""

    ENDED = "the end of this attempt"
    GAVE_WAY = "that it gave way to another run"
    BEFORE = "the end of the attempt before, since this one has not begun"
    LEFT = "that it is left to itself"
    ERROR = "the error"


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing more is done."""

    result: Result


Step = Do | WaitForTurn | Again | Done


def next_step(run: Progress, seen: Seen) -> Step:
    """What comes next."""
    at_once = run.manifest.at_once
    match seen:
        case Nothing(turn):
            return WaitForTurn() if at_once.waits and not turn else Do.START
        case TaskPresent(new=True) if not at_once.allowed:
            return Do.GIVE_WAY
        case TaskPresent(over=over):
            return Done(Result.LEFT) if run.detach and not over else Do.FOLLOW
        case GaveWay(other, began=False) if at_once.waits:
            return WaitForTurn(behind=other)
        case GaveWay(began=began):
            return Done(Result.BEFORE if run.ended and not began else Result.GAVE_WAY)
        case Failed(error):
            return Done(Result.BEFORE if run.ended and error.again != "ask" else Result.ERROR)
        case AttemptEnded(outcome, ending, signals):
            why = run.why_again(outcome, ending)
            return Again(why, after=outcome.said) if why and not signals else Done(Result.ENDED)
