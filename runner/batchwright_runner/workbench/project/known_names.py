"""Names that are known without asking AWS and without a synthesis: for completion, which must be quick."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batchwright_runner.contract import batch_file
from batchwright_runner.contract.json_text import object_or_empty
from batchwright_runner.contract.workflows import file as workflow_file
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.settings.project import find_project, text_of
from batchwright_runner.workbench.project.assembly import FOLDER

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What a project declares."""

    stages: frozenset[str] = frozenset()
    batches: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    images: frozenset[str] = frozenset()
    workflows: frozenset[str] = frozenset()


def known_names(folder: Path) -> KnownNames:
    """The names of the project that a folder is in; none where there is no project.

    They are those of its last synthesis for a local run; before that, the names of the folders in ``batches/``.
    """
    try:
        project = find_project(folder)
    except RunnerError:
        return KnownNames()
    stages = project.context.get("stages")
    batches, images = _synthesized(project.root / FOLDER)
    return KnownNames(
        stages=frozenset(stages) if isinstance(stages, dict) else frozenset(),
        batches=batches or dict.fromkeys(_folders(project.root, batch_file.DECLARATION), ()),
        images=images,
        workflows=frozenset(_folders(project.root, workflow_file.DECLARATION)),
    )


def stages_in(config: Path) -> frozenset[str]:
    """The stages of a batchwright.toml; none where it cannot be read."""
    try:
        stages = tomllib.loads(text_of(config)).get("stages")
    except ValueError:
        return frozenset()
    return frozenset(stages) if isinstance(stages, dict) else frozenset()


def _synthesized(assemblies: Path) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    batches: dict[str, tuple[str, ...]] = {}
    images: set[str] = set()
    for stage in sorted(path.name for path in assemblies.glob("*") if path.is_dir()):
        for name, path in batch_file.paths(assemblies / stage, stage).items():
            data = object_or_empty(text_of(path))
            if not _declared(assemblies.parent.parent, data):
                continue
            manifest = data["manifest"] if isinstance(data.get("manifest"), dict) else {}
            variables = [*manifest.get("parameters", ()), *manifest.get("secrets", ())]
            batches[name] = tuple(sorted({*batches.get(name, ()), *variables}))
            images |= {image for image in (manifest.get("image", {}).get("name"),) if image}
    return batches, frozenset(images)


def _declared(root: Path, data: Mapping[str, Any]) -> bool:
    """Whether the file that declares a batch is still there."""
    file = str(data.get("declared_at") or "").rpartition(":")[0]
    return not file or (root / file).exists()


def _folders(root: Path, declaration: str) -> Iterator[str]:
    for path in sorted((root / "batches").glob(f"*/{declaration}")):
        yield path.parent.name.replace("_", "-").strip("-")
