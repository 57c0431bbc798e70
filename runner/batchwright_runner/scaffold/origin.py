"""Where this batchwright was installed from, and so where a new project gets it from. Pure."""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from batchwright_runner._version import __version__

EXTRAS = "batchwright[cdk,local]"
"""With what declaring batches and running them in containers needs."""


@dataclass(frozen=True, slots=True)
class Origin:
    """How a new project asks for batchwright.

    Attributes:
        requirement: What pip is asked for.
        wheels: The folder in which pip must look for it; none where it needs none.
    """

    requirement: str = f"{EXTRAS}=={__version__}"
    wheels: Path | None = None


def origin(direct_url: str | None) -> Origin:
    """Reads what installers write down of a package that is not from an index (PyPA, "Direct URL", 2026-11).

    Args:
        direct_url: The content of ``direct_url.json``; none where there is no such file.
    """
    found = json.loads(direct_url or "{}")
    url, vcs = found.get("url", ""), found.get("vcs_info", {})
    if vcs:
        return Origin(f"{EXTRAS} @ {vcs['vcs']}+{url}@{vcs['commit_id']}")
    if urlsplit(url).scheme != "file":
        return Origin()
    path = Path(unquote(urlsplit(url).path))
    return Origin(wheels=path / "dist" if "dir_info" in found else path.parent)
