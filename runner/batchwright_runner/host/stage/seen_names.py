"""The names that a stage had when it was last read on this machine: for completion, which must not wait for AWS."""

import json
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.host.atomic_file import write_atomically

KEPT = 24 * 3600.0
"""Seconds for which names are offered. A batch that is not offered can be typed all the same."""


@dataclass(frozen=True, slots=True)
class SeenNames:
    """Names of stages, in files below the user's cache folder.

    `clock`: seconds since 1970.
    """

    folder: Path
    clock: Callable[[], float] = time.time

    @classmethod
    def below(cls, cache: Path) -> Self:
        """The user's own, in the cache folder: ``$XDG_CACHE_HOME``, or ``~/.cache``."""
        return cls(cache / "batchwright" / "names")

    def remember(self, project: str, stage: str, manifests: Iterable[BatchManifest]) -> None:
        """Keeps the names of a stage's batches, their variables and images. Where it cannot, nothing is lost."""
        names = {
            manifest.batch: {
                "image": manifest.image.name,
                "variables": sorted({*manifest.parameters, *manifest.secrets}),
            }
            for manifest in manifests
        }
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            text = json.dumps({"at": self.clock(), "batches": names})
            write_atomically(self._path(project, stage), text.encode())

    def recall(self, project: str, stage: str) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
        """Batch to variables, and the images; both empty where nothing is known, or it is too old."""
        try:
            record = json.loads(self._path(project, stage).read_text(encoding="utf-8"))
            if not 0 <= self.clock() - record["at"] < KEPT:
                return {}, frozenset()
            batches = {name: tuple(batch["variables"]) for name, batch in record["batches"].items()}
            images = frozenset(batch["image"] for batch in record["batches"].values() if batch["image"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}, frozenset()
        return batches, images

    def _path(self, project: str, stage: str) -> Path:
        return self.folder / f"{project}-{stage}.json"
