"""What a decision looks at beside the event, and what it comes to. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from batchwright_runner.contract.alerting.events import Decidable
from batchwright_runner.contract.alerting.record import AlertRecord
from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.alerting.workflows import WorkflowPart
from batchwright_runner.contract.last import Last, RecordedEnd
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.watched import Blind
from batchwright_runner.contract.notices.note import Kind, Notice
from batchwright_runner.contract.notices.rules import Ask
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.verdicts import Verdict
from batchwright_runner.contract.watch import Watch
from batchwright_runner.contract.workflows.record import WorkflowRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBatch:
    """What is known of a batch when something is decided about it.

    Attributes:
        settings: The stage.
        manifest: The batch; none where it has none that can be read. Of a workflow one that stands for it.
        workflow: The workflow that it is; none for a batch.
        watch: What is watched of it.
        since: Since when that is so, in seconds since 1970.
        pause: The record of its pause; none where it is not paused.
        mutes: Batch, or `MUTED_ALL`, to the record of its mute.
        lines: The last messages of its log, the newest last.
        attempts: Further attempts of its run, as far as they are known.
        part: What has ended of a run of a workflow; none of any other run.
        current: Its runs in progress, and those that ended within the hour, as ECS and Step Functions show them.
        blind: What of those could not be looked at.
    """

    settings: AlertSettings
    manifest: BatchManifest | None = None
    workflow: WorkflowRecord | None = None
    watch: Watch = field(default_factory=Watch)
    since: float = 0.0
    pause: Pause | None = None
    mutes: Mapping[str, Pause] = field(default_factory=dict)
    lines: Sequence[str] = ()
    attempts: Sequence[Attempt] = ()
    part: WorkflowPart | None = None
    current: Sequence[Seen] = ()
    blind: Blind = field(default_factory=Blind)

    @property
    def whole(self) -> WorkflowPart | None:
        """The run of a workflow that has ended; none where it is a step of one, or any other run."""
        return self.part if self.part is not None and self.part.step is None else None

    @property
    def ask(self) -> Ask:
        """What the batch asks of its alerts."""
        return Ask.of(self.watch.alerts)

    def notice(self, kind: Kind, batch: str) -> Notice:
        """A notice that says no more than whose batch it is, and where."""
        return Notice(
            kind=kind,
            stage=self.settings.stage,
            region=self.settings.region,
            cluster=self.settings.cluster,
            batch=batch,
            owner=self.manifest.owner if self.manifest is not None else "",
            runbook=self.manifest.runbook if self.manifest is not None else "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of a run, judged.

    Attributes:
        attempt: What has ended.
        verdict: What that means.
        end: The end, as it is recorded.
        before: What was known of the batch's ends before it.
        after: What is known of them now.
    """

    attempt: Attempt
    verdict: Verdict
    end: RecordedEnd
    before: Last
    after: Last


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done about an event.

    Attributes:
        record: The batch's record afterwards.
        notes: What is reported.
        metrics: Name of a metric to its value: ``Runs``, ``Failures``, ``Duration`` in seconds.
        of: The end that is counted, as facts; none where nothing is.
        claim: What is decided once, however often the event comes; empty where nothing is to be done.
        waits: What the notes wait for with others; empty where they may go alone.
        again_at: When something is decided again, in seconds since 1970; 0 for never.
        again: What that is. Default: the event.
        why: Why nothing is reported; empty where something is.
    """

    record: AlertRecord
    notes: Sequence[Notice] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    of: Notice | None = None
    claim: str = ""
    waits: str = ""
    again_at: float = 0.0
    again: Decidable | None = None
    why: str = ""
