"""``batchwright release`` and ``rollback``: what they decide, and in which order they do it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import DIRTY_TAGS, STAGE_TAGS, StageNames, image_tag
from batchwright_runner.errors import UsageError
from batchwright_runner.host.aws.retry import OPERATE_HINT
from batchwright_runner.host.images.cpu import architectures, fetch
from batchwright_runner.host.images.open import open_registry
from batchwright_runner.host.images.registry import Image, Registry
from batchwright_runner.host.releases.move import move
from batchwright_runner.host.releases.record import Records, ReleaseRecord, rollback_target
from batchwright_runner.host.stage.all_manifests import all_batches
from batchwright_runner.host.stage.protected import ask_first
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.doing import doing
from batchwright_runner.host.terminal.text import did_you_mean

Released = tuple[ReleaseRecord, str]
"""A record that was written, and the digest that the stage's tag pointed at before; empty for none."""


@dataclass(frozen=True, slots=True)
class Releasing:
    """One image in one stage."""

    stage: Stage
    registry: Registry
    image: str
    takers: Sequence[BatchManifest]
    records: Records
    # Whether the stage is, so that a person is asked first
    protected: bool = False

    def ask(self, console: Console, question: str, not_done: str, *, yes: bool) -> None:
        """Asks a person where the stage is protected."""
        stage = self.stage.target.stage
        ask_first(console, stage, question, not_done, protected=self.protected, yes=yes)

    def release(self, tag: str, *, missing: str = "") -> Released:
        """Points the stage at the image of a tag."""
        if tag.startswith(STAGE_TAGS):
            raise UsageError(
                f"{tag} is not released: a stage's tag moves, and the record would not say what ran",
                hint="Give the sha- tag it points at: batchwright image list shows it",
            )
        image = self.registry.get(self.image, tag)
        if image is None:
            tags = [name for detail in self.registry.describe(self.image) for name in detail.get("imageTags", [])]
            near = did_you_mean(tag, [name for name in tags if not name.startswith(STAGE_TAGS)]) if tags else "Push it"
            raise UsageError(
                f"{self.image}:{tag} is not released: {self.registry.uri(self.image)} has no such tag",
                hint=missing or near,
            )
        return self._move(image, self._record(image.digest, tag, "release"))

    def promote(self, origin: str) -> Released:
        """Points the stage at what another stage runs, by its digest."""
        image = self.registry.get(self.image, image_tag(origin))
        if image is None:
            raise UsageError(
                f"{self.image} is not released to {self.stage.target.stage}: nothing of it is released in {origin}, "
                f"as {self.registry.uri(self.image)} has no tag {image_tag(origin)}",
                hint=f"Release it there first: batchwright release {self.image} -s {origin}. "
                "A stage with a registry of its own needs a push of its own",
            )
        named = self._tags(image.digest)
        return self._move(image, self._record(image.digest, named[0] if named else image.digest, "release"))

    def earlier(self, to: str) -> tuple[ReleaseRecord, Image]:
        """The earlier release to which the stage would go back.

        `to`: its tag or digest; empty for the one before what runs now.
        """
        current = self.registry.get(self.image, image_tag(self.stage.target.stage))
        target = rollback_target(self.image, self.records.history(), current.digest if current else "", to)
        image = self.registry.get(self.image, target.digest)
        if image is None:
            raise UsageError(
                f"{self.image} cannot be rolled back to {target.short}: the registry no longer has it",
                hint="Push it again from its commit, and release that",
            )
        return target, image

    def rollback(self, target: ReleaseRecord, image: Image) -> Released:
        """Points the stage at an earlier release, as `earlier` gives it."""
        return self._move(image, self._record(target.digest, target.tag, "rollback"))

    def _move(self, image: Image, record: ReleaseRecord) -> Released:
        if self.protected:
            self.refuse_dirty(self._tags(image.digest))
        self._check_architecture(image, record)
        return record, move(self.registry, self.records, image, self.stage.target.stage, record)

    def refuse_dirty(self, tags: Sequence[str]) -> None:
        """Refuses an image for a protected stage, by all its tags, which was built from no commit."""
        dirty = [tag for tag in tags if tag.startswith(DIRTY_TAGS)]
        if self.protected and dirty and len(dirty) == len(tags):
            raise UsageError(
                f"{self.image}:{dirty[0]} is not released to {self.stage.target.stage}: the stage is protected, "
                "and the image was not built from a commit",
                hint="Commit its files, push it without --allow-dirty, and release that",
            )

    def _tags(self, digest: str) -> list[str]:
        """The tags of an image but for those of stages: a commit's first."""
        found = [detail for detail in self.registry.describe(self.image, digest) if detail["imageDigest"] == digest]
        tags = [tag for detail in found for tag in detail.get("imageTags", []) if not tag.startswith(STAGE_TAGS)]
        return sorted(tags, key=lambda tag: (tag.startswith(DIRTY_TAGS), tag))

    def _check_architecture(self, image: Image, record: ReleaseRecord) -> None:
        if not self.takers:
            return
        has = architectures(self.registry, image, fetch)
        unfit = [f"{taker.batch} ({taker.architecture})" for taker in self.takers if taker.architecture not in has]
        if unfit:
            needed = next(taker.architecture for taker in self.takers if taker.architecture not in has)
            raise UsageError(
                f"{self.image}:{record.tag} is not released: it is built for {', '.join(sorted(has)) or 'no CPU'}, "
                f"and does not fit {', '.join(unfit)}",
                hint=f"Build the next commit for that: batchwright image push --architecture {needed}; or change "
                "architecture= in batch.py",
            )

    def _record(self, digest: str, tag: str, kind: str) -> ReleaseRecord:
        by = str(self.stage.caller("who is releasing cannot be seen", OPERATE_HINT)["Arn"])
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return ReleaseRecord(
            image=self.image, digest=digest, tag=tag, by=by, at=at, kind="rollback" if kind == "rollback" else "release"
        )


def begin_release(console: Console, at: Stage, image: str, *, host: str) -> Releasing:
    """What a release in a stage works with. The stage's account is checked first."""
    at.check_account()
    with doing(console, f"looking for the batches that run {image}"):
        manifests = all_batches(at, hint=OPERATE_HINT)
    at.say_where(at.target.account or (manifests[0].account if manifests else "unknown"))
    registry = open_registry(
        at.waiter,
        image,
        project=at.target.project,
        host=host,
        stage=at.target,
        deployed={manifest.image.name: manifest.image.repository for manifest in manifests if manifest.image.name},
    )
    takers = [manifest for manifest in manifests if image in (manifest.image.name, manifest.files_image)]
    records = Records(StageNames.of(at.target).release(image), at.aws, at.waiter)
    return Releasing(at, registry, image, takers, records, any(manifest.protected for manifest in manifests))
