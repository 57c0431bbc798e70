"""Where this batchwright was installed from, and so where a new project gets it from."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

from batchwright_runner._version import __version__

EXTRAS = "batchwright[cdk,local]"
"""With what declaring batches and running them in containers needs."""


@dataclass(frozen=True, slots=True)
class Origin:
    """How a new project asks for batchwright."""

    requirement: str = f"{EXTRAS}=={__version__}"
    # The folder in which pip must look for it; none where it needs none
    wheels: Path | None = None
    # The checkout that its wheel has yet to be built of, into that folder; none where it is there
    checkout: Path | None = None
    links: Sequence[str] = ()

    @property
    def line(self) -> str:
        """The requirement in a file of others, where make does not find the wheel first: a commit, or a wheel."""
        return self.requirement if " @ " in self.requirement else f"{EXTRAS} @ file:///PATH/OF/ITS.whl"

    @property
    def runner(self) -> str:
        """What pip is asked for where the runner alone is needed."""
        return self.requirement.replace(EXTRAS, "batchwright")

    @property
    def setting(self) -> str:
        """The variable that ``make`` needs, as a shell takes it before a command; empty for none."""
        if self.wheels is None:
            return ""
        folder = str(self.wheels) if not any(map(str.isspace, str(self.wheels))) else self.wheels.as_uri()
        return f"PIP_FIND_LINKS={shlex.quote(' '.join([folder, *self.links]))}"


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
        return Origin(wheels=path / "dist", checkout=path)
    return Origin(wheels=path.parent)


def as_built(source: Origin) -> Origin:
    """Without the checkout, where the wheel was built of it already."""
    built = source.wheels is not None and _has_wheel(source.wheels)
    return replace(source, checkout=None) if built else source


def where_pip_looks(source: Origin, links: str, *, folder: Path, project: Path) -> Origin:
    """Without the folder of wheels, where pip finds the wheel by itself.

    `links`: This process's ``PIP_FIND_LINKS``: paths and addresses. What is at an address is not looked at.
    """
    if source.wheels is None:
        return source
    if any(_has_wheel(path) for link in links.split() if (path := _path(link, project))):
        return replace(source, wheels=None, checkout=None)
    absolute = (str(path) if (path := _path(link, folder)) else link for link in links.split())
    return replace(source, links=tuple(link for link in absolute if "://" in link or Path(link).exists()))


def _path(link: str, folder: Path) -> Path | None:
    """The file or folder that a link is, seen from a folder; none where it is an address."""
    url = urlsplit(link)
    if url.scheme == "file":
        return Path(unquote(url.path))
    return None if "://" in link else folder / link


def _has_wheel(path: Path) -> bool:
    wheel = f"batchwright-{__version__}-*.whl"
    return any(path.glob(wheel)) if path.is_dir() else path.match(wheel) and path.is_file()
