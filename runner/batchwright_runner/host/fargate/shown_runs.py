"""Finds a run whose batch is not named: only of batches whose runs are shown are the manifests read."""

import re
import time
from collections.abc import Callable

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.waiting import waiting_attempt
from batchwright_runner.errors import AmbiguousError, DeniedError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import LIST_HINT, PatientAws
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.fargate.task import UNIQUE
from batchwright_runner.host.stage.batches import read_batch
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.waiting import waiting_records

NAME_IT = f"{LIST_HINT}, BATCH@latest or BATCH@RUN"
_TASK_ARN = re.compile(r"arn:[a-z-]+:ecs:[a-z0-9-]+:[0-9]{12}:task/(?P<cluster>[A-Za-z0-9_-]+)/[0-9a-f]{32}")


class ShownRuns(Runs):
    """Runs of any batch that ECS, the history and the records of waiting runs show."""

    def __init__(self, stage: Stage, text: str) -> None:
        super().__init__(stage, [])
        names, arn = StageNames.of(stage.target), _TASK_ARN.fullmatch(text)
        self.aws = PatientAws(stage.aws, f"run {text} cannot be seen", stage.waiter, stage.tell, hint=NAME_IT)
        self._clusters = [arn["cluster"] if arn else names.cluster]
        self._groups = [names.history_log_group]
        self._waiting_folder = names.waiting()
        self._text = text
        self._beginning = names.family("")

    def one_is_shown(self) -> bool:
        """Whether a run is shown, which `find` then gives, and no other can have that name.

        Others can where a machine has started it, whose executions may have no task, or where the manifest of a batch
        cannot be read.
        """
        try:
            run = self.named(self._text)
        except AmbiguousError:
            if None in self._by_family.values() or any(manifest.machine for manifest in self.manifests):
                return False
            raise
        except (ApiError, DeniedError):
            return False
        if run is None:
            return False
        self._found[self._text] = run
        alone = UNIQUE.fullmatch(self._text) is not None or not run.execution
        return alone and None not in self._by_family.values()

    def _manifest(self, name: str) -> BatchManifest | None:
        if name not in self._by_family:
            ours = name.startswith(self._beginning)
            manifest = readable(self._stage, name.removeprefix(self._beginning)) if ours else None
            self._by_family[name] = manifest
            self.manifests += [manifest] if manifest is not None else []
        return super()._manifest(name)

    def _waiting_as(self, fits: Callable[[str, str], bool]) -> list[Attempt]:
        if UNIQUE.fullmatch(self._text):
            return super()._waiting_as(fits)  # of the batches that were met
        try:
            records = list(waiting_records(self.aws, self._waiting_folder))
        except DeniedError:
            return super()._waiting_as(fits)
        waiting = []
        for path, record in records:
            if fits(path, record.run) and record.holds(time.time()):
                manifest = self._manifest(self._beginning + path.split("/")[-2])
                waiting += [waiting_attempt(manifest, path, record)] if manifest is not None else []
        return waiting


def readable(stage: Stage, name: str) -> BatchManifest | None:
    """The manifest of a batch; none where there is no such batch, or the caller may not see it."""
    try:
        found = read_batch(stage.aws, stage.target, name, stage.waiter)
    except DeniedError:
        return None
    return found.manifest if found is not None else None
