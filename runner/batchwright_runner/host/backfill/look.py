"""What a backfill on AWS asks of the runs that there were: what is known of them, and what goes on."""

from dataclasses import dataclass, replace

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.missed.reasons import REMEMBERED
from batchwright_runner.contract.missed.watched import Blind, Watched
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.retry import PatientAws
from batchwright_runner.host.fargate.executions import running_executions
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.fargate.history import DAY
from batchwright_runner.host.fargate.overlap import other_runs
from batchwright_runner.host.missed.due import TimesOfDays, known_since
from batchwright_runner.host.missed.look import StageView, look
from batchwright_runner.host.stage.patient import patient
from batchwright_runner.host.stage.session import Stage

UNSEEN = "what became of the due times cannot be seen"


@dataclass(slots=True)
class BackfillLook:
    """Looks at the runs of a backfill's subject."""

    stage: Stage
    subject: Manifest
    times: TimesOfDays
    _before: StageView | None = None

    def view(self) -> StageView:
        """What there was and is, and what of it cannot be seen. What has ended long ago is read once."""
        batches = [self.subject] if isinstance(self.subject, BatchManifest) else []
        workflows = [self.subject] if isinstance(self.subject, WorkflowManifest) else []
        view = look(self.stage, Runs(self.stage, batches), self._begin, workflows, self._before)
        self._before = None if view.blind.tasks or view.blind.machines else view
        return replace(view, batches=[replace(view.batches[0], schedule=self.times.schedule)])

    def known(self) -> tuple[Watched, Blind]:
        """What there was and is, where all of it can be seen."""
        view = self.view()
        refused = view.blind.tasks or view.blind.machines
        if refused:
            raise RunnerError(f"{UNSEEN}: {refused}", hint="Nothing was started", again="safe")
        return view.batches[0], view.blind

    def known_since(self, watched: Watched, now: float) -> float:
        """Since when runs that have ended are known; both in seconds since 1970."""
        aws = PatientAws(self.stage.aws, UNSEEN, self.stage.waiter, self.stage.tell)
        return max(known_since(aws, self.subject, now), now - REMEMBERED if watched.forgotten else 0.0)

    def goes_on(self) -> bool:
        """Whether a run is in progress."""
        with patient(self.stage, UNSEEN) as aws:
            if isinstance(self.subject, WorkflowManifest):
                return any(running_executions(aws, self.subject.machine))
            return bool(other_runs(aws, self.subject, ()))

    @property
    def _begin(self) -> float:
        return max(self.times.times[0].timestamp(), 2.0 * DAY)
