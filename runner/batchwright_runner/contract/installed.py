"""How pip is asked for this batchwright: by where it is from, as nobody owns its name before a first release."""

import json
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any
from urllib.parse import unquote, urlsplit


def requirement(extra: str) -> str:
    """This batchwright with an extra, in quotes for a shell: its wheel or checkout, its commit, or its own index."""
    version, data = "", dict[str, Any](url="./batchwright")
    try:
        version = distribution("batchwright").version
        data = json.loads(distribution("batchwright").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        pass
    url, vcs = data.get("url", ""), data.get("vcs_info")
    if vcs:
        return f"'batchwright[{extra}] @ {vcs['vcs']}+{url}@{vcs['commit_id']}'"
    return f"'{unquote(urlsplit(url).path)}[{extra}]'" if url else f"'batchwright[{extra}]=={version}'"
