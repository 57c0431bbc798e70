"""The project a command is called in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batchwright_runner.contract.installed import requirement
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.settings.cdk_json import DEFAULT_PROJECT, FILE, LOCAL, find_cdk_json, no_such_stage

MAKEFILE = "Makefile"
NO_ACCOUNT = "000000000000"
"""Stands for an account that is not known yet; it belongs to no one."""


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a cdk.json."""

    root: Path
    # The command that synthesizes, as written in cdk.json
    app: str
    context: dict[str, Any]

    @property
    def name(self) -> str:
        """The project's name; the library's default where cdk.json does not say it."""
        return str(self.context.get("project") or DEFAULT_PROJECT)

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that can be deployed, in the order of cdk.json."""
        stages = self.context.get("stages")
        return tuple(name for name in stages if name != LOCAL) if isinstance(stages, dict) else ()

    def check_stage(self, stage: str, *, local: bool = True) -> None:
        """Refuses a misspelt stage, before anything is synthesized."""
        if self.stages and stage not in self.stages and not (local and stage == LOCAL):
            raise no_such_stage(stage, self.stages, [str(self.root / FILE)])

    def shown(self, path: Path) -> str:
        """A path as a person reads it: relative to the project."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def find_project(start: Path) -> Project:
    """Finds the nearest folder upward that has a cdk.json."""
    file = find_cdk_json(start)
    if file is None:
        raise UsageError(
            f"no project here: neither {start} nor a folder above it has a cdk.json",
            hint="Change into the folder of your batches' cdk.json, or make a project: batchwright init",
        )
    app = file.data.get("app")
    if not isinstance(app, str) or not app.strip():
        raise RunnerError(f'{file.path} cannot be used: it has no "app"', hint='Write "app": "python app.py" into it')
    return Project(file.path.parent, app, dict(file.context))


def declared_repositories(folder: Path, project: str) -> Mapping[str, str]:
    """Image to repository, of those that are not ``{project}/{image}``: a name, or a URI of elsewhere.

    As the cdk.json declares them. Where that of the project a folder is in cannot be read, nothing is known.
    """
    try:
        context = find_project(folder).context
    except RunnerError:
        return {}
    registry = context.get("registry")
    if not isinstance(registry, dict) or context.get("project", DEFAULT_PROJECT) != project:
        return {}
    images = registry.get("images")
    entries = images.items() if isinstance(images, dict) else ()
    named = {image: entry.get("repository") for image, entry in entries if isinstance(entry, dict)}
    return {image: name for image, name in named.items() if isinstance(name, str)}


def no_environment(project: Project) -> str:
    """What to run where a project names a Python of its own that does not exist: a fresh clone. Empty elsewhere."""
    program = project.app.split()[0]
    if "/" not in program or (project.root / program).exists():
        return ""
    if has_target(project.root / MAKEFILE, "demo"):
        return f"{program} does not exist yet: run make demo, which makes it"
    venv = Path(program).parents[1] if len(Path(program).parents) > 1 else Path()
    return f"{program} does not exist yet: run python3 -m venv {venv} && {venv}/bin/pip install {requirement('cdk')}"


def has_target(makefile: Path, target: str) -> bool:
    """Whether it is a Makefile with that target: the one that ``init`` writes has some that install what they need."""
    return re.search(rf"^{re.escape(target)}:", text_of(makefile), re.MULTILINE) is not None


def text_of(path: Path) -> str:
    """What a file says; empty for one that cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
