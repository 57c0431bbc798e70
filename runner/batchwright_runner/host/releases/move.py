"""Moves a stage's tag and writes the record, so that both agree whoever else does the same at the same time."""

from collections.abc import Sequence
from typing import Protocol

from batchwright_runner.contract.names import image_tag, previous_image_tag
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.images.registry import Image
from batchwright_runner.host.releases.record import ReleaseRecord

TRIES = 20


class Tags(Protocol):
    """What the move needs of the registry."""

    def get(self, image: str, reference: str) -> Image | None:
        """Reads an image by tag or digest."""

    def put(self, image: Image, tag: str) -> None:
        """Points a tag at an image."""


class History(Protocol):
    """What the move needs of the record."""

    def history(self) -> Sequence[ReleaseRecord]:
        """All records, the oldest first."""

    def put(self, record: ReleaseRecord) -> None:
        """Adds one."""


def move(tags: Tags, records: History, image: Image, stage: str, record: ReleaseRecord) -> str:
    """Points the tag of ``stage`` at an image, and the ``-previous`` one at what it pointed at before.

    The record is written after the tag was moved, and both are compared after that. Whoever writes the last record
    sees the tag as it stays, and mends the record if someone else has moved the tag meanwhile.

    Returns the digest that the tag pointed at before; empty where it did not exist.
    """
    tag = image_tag(stage)
    before = tags.get(image.name, tag)
    if before is None or before.digest != image.digest:
        if before is not None:
            tags.put(before, previous_image_tag(stage))
        tags.put(image, tag)
    try:
        _write(records, record)
        holds = _agree(tags, records, image, tag)
    except RunnerError as error:
        raise RunnerError(
            f"{image.name} was released to {stage}, and the record may not say so: {error}",
            hint="Run the same command again: it moves nothing twice",
            again="safe",
        ) from error
    if not holds:
        raise RunnerError(
            f"{image.name} does not run {record.short} in {stage}: another release was made at the same time, after it",
            hint="Agree with whoever made it, and release again",
            again="ask",
        )
    return before.digest if before else ""


def _write(records: History, record: ReleaseRecord) -> None:
    history = records.history()
    if not history or history[-1].digest != record.digest:
        records.put(record)


def _agree(tags: Tags, records: History, image: Image, tag: str) -> bool:
    """Mends the record until it agrees with the tag; says whether that is this release."""
    for _ in range(TRIES):
        pointed = tags.get(image.name, tag)
        digest = pointed.digest if pointed else ""
        history = records.history()
        if history[-1].digest == digest:
            return digest == image.digest
        theirs = [record for record in history if record.digest == digest]
        if not theirs:
            return False  # whoever moved the tag has yet to write the record, and then compares it
        records.put(theirs[-1])
    raise RunnerError("the record does not settle: others keep releasing")
