"""What a backfill on AWS asks of the runs that there were: what is known of them, what goes on, what one costs."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from statistics import median, median_low

from batchwright_runner.contract.last import LastError
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.missed.reasons import REMEMBERED
from batchwright_runner.contract.missed.watched import Blind, Watched
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.run import Run, runs_from
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import PatientAws
from batchwright_runner.host.cost.cost import Cost, total
from batchwright_runner.host.fargate.end import attempt_cost
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.fargate.history import DAY, DAYS
from batchwright_runner.host.fargate.overlap import other_runs
from batchwright_runner.host.missed.due import TimesOfDays, known_since
from batchwright_runner.host.missed.look import StageView, look
from batchwright_runner.host.stage.executions import running_executions
from batchwright_runner.host.stage.last_ends import last_end
from batchwright_runner.host.stage.patient import patient
from batchwright_runner.host.stage.session import Stage, Surroundings

UNSEEN = "what became of the due times cannot be seen"


@dataclass(frozen=True, slots=True)
class BackfillLook:
    """Looks at the runs of a backfill's subject."""

    stage: Stage
    subject: BatchManifest | WorkflowRecord
    times: TimesOfDays

    def within(self, around: Surroundings) -> "BackfillLook":
        """The same, with the time and signals of one of several runs at once."""
        return replace(self, stage=replace(self.stage, waiter=around.waiter))

    def view(self) -> StageView:
        """What there was and is, and what of it cannot be seen."""
        batches = [self.subject] if isinstance(self.subject, BatchManifest) else []
        workflows = [self.subject] if isinstance(self.subject, WorkflowRecord) else []
        view = look(self.stage, Runs(self.stage, batches), self._begin, workflows)
        return replace(view, batches=[replace(view.batches[0], schedule=self.times.schedule)])

    def known(self, view: StageView | None = None) -> tuple[Watched, Blind]:
        """What there was and is, where all of it can be seen."""
        view = view or self.view()
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
            if isinstance(self.subject, WorkflowRecord):
                return any(running_executions(aws, self.subject.machine))
            return bool(other_runs(aws, self.subject, ()))

    def usual(self, watched: Watched) -> float | None:
        """Seconds that a run usually takes: of those that are known, by the stage's alerts, or as declared."""
        good = [run for run in watched.runs if run.good and run.ended is not None]
        own = [run for run in good if not run.backfill] or good
        if own:
            return median(run.ended - run.started for run in own if run.ended is not None)
        with suppress(ApiError, LastError):
            last = last_end(self.stage.aws.call, StageNames.of(self.stage.target), watched.batch)
            if last is not None and last.usual_seconds is not None:
                return last.usual_seconds
        return watched.expected or None

    def cost(self, view: StageView) -> Cost:
        """What a run has usually cost; of a workflow, its steps together. Where that is not known, it says why.

        `view`: what was seen. The runs of a workflow's steps are not in it: they are read.
        """
        if isinstance(self.subject, BatchManifest):
            return usual_cost(runs_from(view.attempts))
        try:
            manifests = [self.stage.read(step.batch).manifest for step in self.subject.all_steps]
            runs = Runs(self.stage, manifests).look(max(self._begin, time.time() - DAYS * DAY))
        except (ApiError, RunnerError) as error:
            return Cost(None, str(error))
        by_batch = ([run for run in runs if run.manifest.batch == manifest.batch] for manifest in manifests)
        return total([usual_cost(batch_runs) for batch_runs in by_batch])

    @property
    def _begin(self) -> float:
        return max(self.times.times[0].timestamp(), 2.0 * DAY)


def usual_cost(runs: Sequence[Run]) -> Cost:
    """What a run has usually cost: the median of those that succeeded, as far as that is known. Pure."""
    costs = [total([attempt_cost(run.manifest, task.state) for task in run.attempts]) for run in runs if run.succeeded]
    dollars = [cost.dollars for cost in costs if cost.dollars is not None]
    if not dollars:
        return costs[0] if costs else Cost(None, "no run of it that has succeeded is known")
    return replace(costs[0], dollars=median_low(dollars), why="")
