"""Writes a new project, and says what is left to do."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

from batchwright_runner._version import __version__
from batchwright_runner.contract.installed import requirement
from batchwright_runner.errors import UsageError
from batchwright_runner.host.settings.cdk_json import FILE
from batchwright_runner.host.settings.project import MAKEFILE, NO_ACCOUNT, has_target, text_of
from batchwright_runner.workbench.scaffold.answers import NO_SUBNET, Answers, zone_line
from batchwright_runner.workbench.scaffold.ask import ProjectPlace
from batchwright_runner.workbench.scaffold.files import NewFile, render, write_new
from batchwright_runner.workbench.scaffold.project_files import FIRST_BATCH, context, places, project_files

EXTRAS = "batchwright[cdk,local]"
"""With what declaring batches and running them in containers needs."""


@dataclass(frozen=True, slots=True)
class Origin:
    """How a new project asks for batchwright."""

    requirement: str = f"{EXTRAS}=={__version__}"
    # The folder in which pip must look for it; none where it needs none
    wheels: Path | None = None

    @property
    def line(self) -> str:
        """The requirement in a file of others, where make does not find the wheel first: a commit, or a wheel."""
        return self.requirement if " @ " in self.requirement else f"{EXTRAS} @ file:///PATH/OF/ITS.whl"


def installed() -> Origin:
    """Where this batchwright is from."""
    return origin(distribution("batchwright").read_text("direct_url.json"))


def origin(direct_url: str | None) -> Origin:
    """Reads what installers write down of a package that is not from an index (PyPA, "Direct URL", 2026-11).

    `direct_url`: the content of ``direct_url.json``; none where there is no such file.
    """
    data = json.loads(direct_url or "{}")
    url, vcs = data.get("url", ""), data.get("vcs_info", {})
    if vcs:
        return Origin(f"{EXTRAS} @ {vcs['vcs']}+{url}@{vcs['commit_id']}")
    if urlsplit(url).scheme != "file":
        return Origin()
    path = Path(unquote(urlsplit(url).path))
    if "dir_info" in data:
        return Origin(wheels=path / "dist")
    return Origin(wheels=path.parent)


def where_pip_looks(source: Origin, links: str, project: Path) -> Origin:
    """Without the folder of wheels, where pip finds the wheel by itself.

    `links`: This process's ``PIP_FIND_LINKS``: paths and addresses. What is at an address is not looked at.
    """
    found = any(_has_wheel(path) for link in links.split() if (path := _path(link, project)))
    return replace(source, wheels=None) if found else source


def _path(link: str, folder: Path) -> Path | None:
    """The file or folder that a link is, seen from a folder; none where it is an address."""
    url = urlsplit(link)
    if url.scheme == "file":
        return Path(unquote(url.path))
    return None if "://" in link else folder / link


def _has_wheel(path: Path) -> bool:
    wheel = f"batchwright-{__version__}-*.whl"
    return any(path.glob(wheel)) if path.is_dir() else path.match(wheel) and path.is_file()


SECRETS = NewFile("batches/.gitignore", "# Secrets for runs on this machine. They never belong into git.\nlocal.env\n")
"""Keeps secrets out of git where the project's own .gitignore is left as it is, and does not."""
_SECRETS_LINES = {"local.env", "**/local.env", "batches/**/local.env", "batches/*/local.env", "/batches/*/local.env"}
WHEELS = ".batchwright/wheels"
"""The file that names the folder of batchwright's wheel, on this machine: git ignores it."""
NAMED = '\nname = "batchwright"\n'
"""Is in the pyproject.toml of a checkout."""


def start_project(place: ProjectPlace, answers: Answers, origin: Origin, shown: str) -> Iterator[str]:
    """Writes the files that do not exist yet, and says which, what to edit, and the next three commands.

    `shown`: its folder, as it was typed; empty for this one.
    """
    files = project_files(answers, requirement=origin.requirement, below=place.below, with_batch=not place.has_batches)
    ignored = place.folder / ".gitignore"
    kept_out = {line.strip() for line in text_of(ignored).splitlines()} & _SECRETS_LINES
    secrets = [SECRETS] if ignored.exists() and not kept_out else []
    texts = {file.path: file.text for file in (*files, *secrets)}
    written = write_new(place.folder, [*files, *secrets])
    if wheels := origin.wheels if WHEELS in text_of(place.folder / MAKEFILE) else None:
        _write_down(place.folder / WHEELS, f"{wheels}\n")
    new, skipped, folder = written.new, written.skipped, shown or place.folder
    if new:
        yield f"project {answers.project}: {len(new)} new file{'s' if len(new) > 1 else ''} in {folder}"
    else:
        yield f"project {answers.project}: all its files exist in {folder}. Nothing was written"
    if new and skipped:
        yield f"left as they are: {', '.join(skipped)}"
    yield "\n".join(["a file of your own needs its line:", *_lines(answers, origin)])
    unknown = [
        placeholder for placeholder in (NO_ACCOUNT, NO_SUBNET) if any(placeholder in texts[path] for path in new)
    ]
    if unknown:
        holding = [path for path in new if any(placeholder in texts[path] for placeholder in unknown)]
        yield f"to fill in before the first deployment: {' and '.join(unknown)}, in {', '.join(holding)}"
    if wheels:
        verb = "builds its wheel in" if NAMED in text_of(wheels.parent / "pyproject.toml") else "takes its wheel from"
        yield f"this batchwright is not from an index: make {verb} {wheels}"
    yield "\n".join(["next:", *_next(place, shown)])
    yield zone_line(answers.timezone)


def _lines(answers: Answers, origin: Origin) -> Iterator[str]:
    """What the project needs in three files that it may share with something else."""
    ignored = [line for line in render("project/gitignore.in").splitlines() if not line.startswith("#")]
    yield f".gitignore: {' '.join(ignored)}"
    yield f'{FILE}: "context": {json.dumps(context(answers))}'
    yield f'pyproject.toml: "{origin.line}", "aws-cdk-lib=={places()["aws_cdk_lib"]}"'


def _next(place: ProjectPlace, shown: str) -> Iterator[str]:
    if shown:
        yield f"cd {shown}"
    makefile = place.folder / MAKEFILE
    if has_target(makefile, "demo"):
        yield "make demo"
        if has_target(makefile, "test"):
            yield "make test"
    else:
        yield f"python3 -m venv .venv && .venv/bin/pip install {requirement('cdk,local')}"
        yield f".venv/bin/batchwright {'list' if place.has_batches else f'run {FIRST_BATCH}'} --local"
    if not shown:
        yield "batchwright new BATCH"


def _write_down(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", hint="All other files are there") from error
