"""What a decision looks at beside the event, and what it comes to. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from batchwright_runner.contract.alerting.ask import Ask
from batchwright_runner.contract.alerting.ends import stopped_with_host
from batchwright_runner.contract.alerting.events import Decidable
from batchwright_runner.contract.alerting.message import Message
from batchwright_runner.contract.alerting.record import AlertRecord
from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.alerting.workflows import WorkflowPart
from batchwright_runner.contract.last import Last, RecordedEnd
from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.watched import Blind
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.verdicts import Verdict
from batchwright_runner.contract.watch import Watch
from batchwright_runner.contract.workflows.manifest import WorkflowManifest


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBatch:
    """What is known of a batch when something is decided about it."""

    settings: AlertSettings
    # None where there is none that can be read
    manifest: Manifest | None = None
    watch: Watch = field(default_factory=Watch)
    # Since when that is so, in seconds since 1970
    since: float = 0.0
    pause: Pause | None = None
    # The last messages of its log, the newest last
    lines: Sequence[str] = ()
    attempts: Sequence[Attempt] = ()
    part: WorkflowPart | None = None
    # The execution that an event names: of a machine of the stage, of another machine, or nobody could see it
    execution: Literal["ours", "foreign", "unseen"] = "ours"
    # Whether its record could be read; else it is reported as with ``after_failures`` of 1
    recorded: bool = True
    # Its runs in progress, and those that ended within the hour, as ECS and Step Functions show them
    current: Sequence[Seen] = ()
    blind: Blind = field(default_factory=Blind)

    @property
    def workflow(self) -> WorkflowManifest | None:
        """The workflow; none of a batch."""
        return self.manifest if isinstance(self.manifest, WorkflowManifest) else None

    @property
    def whole(self) -> WorkflowPart | None:
        """The run of a workflow that has ended; none where it is a step of one, or any other run."""
        return self.part if self.part is not None and self.part.step is None else None

    @property
    def ask(self) -> Ask:
        """What the batch asks of its alerts."""
        return Ask.of(self.watch.alerts)

    @property
    def after_failures(self) -> int:
        """How many runs in a row must have failed, as far as that can be counted."""
        return self.ask.after_failures if self.recorded else 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a run, judged."""

    attempt: Attempt
    verdict: Verdict
    end: RecordedEnd
    # What was known of the batch's ends before it, and with it
    before: Last
    after: Last

    @property
    def host(self) -> str | None:
        """The host that the run was stopped with, empty where it is not known; none for any other end."""
        return stopped_with_host(self.attempt, self.verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done about an event."""

    record: AlertRecord
    messages: Sequence[Message] = ()
    # Name of a metric to its value: ``Runs``, ``Failures``, ``Duration`` in seconds
    metrics: Mapping[str, float] = field(default_factory=dict)
    # What is decided once, however often the event comes; empty where nothing is to be done
    claim: str = ""
    # When something is decided again, in seconds since 1970; 0 for never
    again_at: float = 0.0
    # What that is. Default: the event.
    again: Decidable | None = None
    # Why nothing is reported; empty where something is
    why: str = ""
