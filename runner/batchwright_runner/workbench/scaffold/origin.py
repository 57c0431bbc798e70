"""Where this batchwright was installed from, and so where a new project gets it from."""

import json
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
