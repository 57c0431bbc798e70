"""``batchwright image list``: what lies in a repository. Pure, but for the printing."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from batchwright_runner.contract.moments import cell, head, iso
from batchwright_runner.contract.names import STAGE_TAGS
from batchwright_runner.host.terminal.console import STDOUT, Console, line_width
from batchwright_runner.host.terminal.table import table

_SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED")


def print_images(details: Sequence[Mapping[str, Any]], console: Console, *, as_json: bool) -> None:
    """Prints images, the newest first: a table, or JSON."""
    entries = [entry(one) for one in sorted(details, key=lambda one: one["imagePushedAt"], reverse=True)]
    if as_json:
        console.print(json.dumps(entries, indent=2))
    elif entries:
        columns = ("TAGS", "STAGES", "DIGEST", "SIZE", head("PUSHED", (one["pushed"] for one in entries)), "FINDINGS")
        console.print(table(columns, [_row(one) for one in entries], line_width(STDOUT)))
    else:
        console.note("no images yet: batchwright image push makes one")


def entry(one: Mapping[str, Any]) -> dict[str, Any]:
    """An image of DescribeImages, as a script gets it."""
    tags = sorted(one.get("imageTags", []))
    return {
        "digest": one["imageDigest"],
        "tags": [tag for tag in tags if not tag.startswith(STAGE_TAGS)],
        "stages": [tag.removeprefix(STAGE_TAGS) for tag in tags if tag.startswith(STAGE_TAGS)],
        "bytes": one.get("imageSizeInBytes"),
        "pushed": iso(one["imagePushedAt"]),
        "findings": one.get("imageScanFindingsSummary", {}).get("findingSeverityCounts"),
    }


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        ", ".join(one["tags"]) or "-",
        ", ".join(one["stages"]) or "-",
        one["digest"][:19],
        "-" if one["bytes"] is None else f"{one['bytes'] / 1e6:.1f} MB",
        cell(one["pushed"]),
        _findings(one["findings"]),
    )


def _findings(counts: Mapping[str, int] | None) -> str:
    if counts is None:
        return "not scanned"
    shown = [f"{counts[name]} {name.lower()}" for name in _SEVERITIES if counts.get(name)]
    return ", ".join(shown) or "none"
