"""Reads the files that the construct library writes into an assembly for local runs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest, ManifestError
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.terminal.text import did_you_mean

FORMAT = 1
"""The newest format of these files that this version reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredBatch:
    """A batch as it was synthesized.

    Attributes:
        manifest: Its manifest.
        task: Its task definition, in the form ECS registers it. A value that only AWS knows is an object with the key
            ``unresolved``.
        parameters: Environment variable to path and value of its parameter.
        package: The folder of its declaration, relative to the project; none where it is not known.
        source: The folder of its image's source, relative to the project; none where the project does not hold it.
    """

    manifest: BatchManifest
    task: Mapping[str, Any]
    parameters: Mapping[str, Mapping[str, Any]]
    package: str | None
    source: str | None

    @property
    def main(self) -> Mapping[str, Any]:
        """The main container's definition."""
        for container in self.containers:
            if container.get("name") == self.manifest.container:
                return container
        raise RunnerError(
            f"{self.manifest.batch} cannot be run here: its file has no container {self.manifest.container}"
        )

    @property
    def containers(self) -> Sequence[Mapping[str, Any]]:
        """All containers' definitions."""
        containers = self.task.get("containerDefinitions")
        return containers if isinstance(containers, list) else []


def read_all(assembly: Path, stage: str) -> list[DeclaredBatch]:
    """Reads all batches of a stage, in the order of their names."""
    return [_read(path) for path in sorted((assembly / "batches" / stage).glob("*.json"))]


def read_one(assembly: Path, stage: str, name: str) -> DeclaredBatch:
    """Reads one batch.

    Raises:
        UsageError: The stage declares no batch of that name.
        RunnerError: Its file cannot be used.
    """
    folder = assembly / "batches" / stage
    known = {path.stem: path for path in folder.glob("*.json")}
    if name not in known:
        raise UsageError(
            f"no batch is called {name!r}: stage {stage} of this project does not declare it (looked in batches/)",
            hint=did_you_mean(name, known),
        )
    return _read(known[name])


def _read(path: Path) -> DeclaredBatch:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        written = data["format"]
        if written > FORMAT:
            raise RunnerError(
                f"{path} cannot be read: it has format {written} and this runner reads up to {FORMAT}",
                hint="Update the runner to the version of the construct library",
            )
        return DeclaredBatch(
            manifest=BatchManifest.from_dict(data["manifest"]),
            task=data["task"],
            parameters=data.get("parameters", {}),
            package=data.get("package"),
            source=data.get("source"),
        )
    except (OSError, ValueError, KeyError, TypeError, ManifestError) as error:
        raise RunnerError(
            f"{path} cannot be read: {type(error).__name__}: {error}",
            hint="Remove the folder .batchwright to have it made anew",
        ) from error
