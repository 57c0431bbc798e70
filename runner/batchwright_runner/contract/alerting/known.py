"""What a decision looks at, beside the event: the batch, its run, and what its end came to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.alerting.workflows import Belongs
from batchwright_runner.contract.last import End, Last
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.notices.note import Kind, Notice
from batchwright_runner.contract.notices.rules import Ask
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.verdicts import Verdict
from batchwright_runner.contract.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a batch when something is decided about it.

    Attributes:
        settings: The stage.
        manifest: The batch; none where it has none any more.
        watch: What is watched of it.
        lines: The last messages of its log, the newest last.
        attempts: Further attempts of its run, as far as they are known.
        pause: The record of its pause; none where it is not paused.
        belongs: The run of a workflow that has ended, or of which a step has; none of any other run.
    """

    settings: AlertSettings
    manifest: BatchManifest | None = None
    watch: Watch = field(default_factory=Watch)
    lines: Sequence[str] = ()
    attempts: Sequence[Attempt] = ()
    pause: Pause | None = None
    belongs: Belongs | None = None

    @property
    def whole(self) -> Belongs | None:
        """The run of a workflow that has ended; none where it is a step of one, or any other run."""
        return self.belongs if self.belongs is not None and self.belongs.step is None else None

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
        end: The end, as it is kept.
        before: What was known of the batch's ends before it.
        after: What is known of them now.
    """

    attempt: Attempt
    verdict: Verdict
    end: End
    before: Last
    after: Last
