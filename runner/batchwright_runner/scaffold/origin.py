"""Where this batchwright was installed from, and so where a new project gets it from. Pure."""

import json
from dataclasses import dataclass, replace
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
        checkout: The checkout that its wheel has yet to be built of, into that folder; none where it is there.
    """

    requirement: str = f"{EXTRAS}=={__version__}"
    wheels: Path | None = None
    checkout: Path | None = None


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
    if "dir_info" in found:
        return Origin(wheels=path / "dist", checkout=path)
    return Origin(wheels=path.parent)


def as_built(found: Origin) -> Origin:
    """Without the checkout, where the wheel was built of it already.

    Args:
        found: Where it gets batchwright from.
    """
    built = found.wheels is not None and any(found.wheels.glob(f"batchwright-{__version__}-*.whl"))
    return replace(found, checkout=None) if built else found
