"""All that is known of a batch, wherever it was learned. What nobody could look at is listed, never left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.last import Last
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.run import Attempt, Run
from batchwright_runner.contract.task_size import SPOT, Size
from batchwright_runner.contract.watch import Watch
from batchwright_runner.host.releases.record import Record
from batchwright_runner.workbench.page.region import Priced


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something that could not be looked at.

    Attributes:
        what: What it is: ``the release record``.
        why: Why not: a permission that is missing, or what AWS says.
    """

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class AskedRun:
    """A run, and which of its attempts was asked for.

    Attributes:
        asked: The attempt: the newest one, where none was named.
        run: The run, with those of its attempts that could be seen.
    """

    asked: Attempt
    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a batch.

    Attributes:
        manifest: Its manifest: the deployed one where there is one, else the declared one.
        deployed: Whether the manifest is the deployed one.
        declared: Its file in the project's assembly; none where the project here does not declare it.
        definition: Its task definition: ECS's where it is deployed, else the declared one; empty where not known.
        values: Variable to value of its parameters, as far as they could be read.
        release: What was released last; none where no release is recorded or its image is not in the registry.
        pause: Its pause, if it is paused.
        last: Its last ends; none where no record is kept.
        watch: What is watched of it; none where nothing is published.
        runs: Its newest runs, those in progress too, the newest first.
        unseen: What could not be looked at.
        asked: The stage that was asked for it; empty where none was, or where it is deployed.
        priced: By which region's prices it is priced. Default: by those of its manifest's.
    """

    manifest: BatchManifest
    deployed: bool
    declared: BatchFile | None = None
    definition: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    release: Record | None = None
    pause: Pause | None = None
    last: Last | None = None
    watch: Watch | None = None
    runs: Sequence[Run] = ()
    unseen: Sequence[Unseen] = ()
    asked: str = ""
    priced: Priced = field(default_factory=Priced)

    @property
    def region(self) -> str:
        """The region whose prices are taken."""
        return self.priced.region or self.manifest.region

    @property
    def main(self) -> Mapping[str, Any]:
        """The main container's definition; empty where that is not known."""
        containers = self.definition.get("containerDefinitions") or []
        return next((one for one in containers if one.get("name") == self.manifest.container), {})

    @property
    def size(self) -> Size | None:
        """The size of its tasks; none where that is not known."""
        return Size.of(self.definition, architecture=self.manifest.architecture, spot=may_be_spot(self.manifest))


def may_be_spot(manifest: BatchManifest) -> bool:
    """Whether its tasks may run on Fargate Spot."""
    return any(share.provider == SPOT for share in manifest.capacity)
