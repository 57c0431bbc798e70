"""``batchwright image list``: what lies in a repository. Pure, but for the printing."""

from collections.abc import Mapping, Sequence
from typing import Any

from batchwright_runner.contract.moments import cell, head, iso
from batchwright_runner.contract.names import STAGE_TAGS
from batchwright_runner.host.terminal.console import STDOUT, Console, line_width
from batchwright_runner.host.terminal.table import table

_SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED")


def print_images(details: Sequence[Mapping[str, Any]], console: Console, *, as_json: bool) -> None:
    """Prints images, the newest first: a table, or JSON."""
    entries = [entry(detail) for detail in sorted(details, key=lambda detail: detail["imagePushedAt"], reverse=True)]
    if as_json:
        console.print_json(entries)
    elif entries:
        columns = (
            "TAGS",
            "STAGES",
            "DIGEST",
            "SIZE",
            head("PUSHED", (image["pushed"] for image in entries)),
            "FINDINGS",
        )
        console.print(table(columns, [_row(image) for image in entries], line_width(STDOUT)))
    else:
        console.note("no images yet: batchwright image push makes one")


def entry(detail: Mapping[str, Any]) -> dict[str, Any]:
    """An image of DescribeImages, as a script gets it."""
    tags = sorted(detail.get("imageTags", []))
    return {
        "digest": detail["imageDigest"],
        "tags": [tag for tag in tags if not tag.startswith(STAGE_TAGS)],
        "stages": [tag.removeprefix(STAGE_TAGS) for tag in tags if tag.startswith(STAGE_TAGS)],
        "bytes": detail.get("imageSizeInBytes"),
        "pushed": iso(detail["imagePushedAt"]),
        "findings": detail.get("imageScanFindingsSummary", {}).get("findingSeverityCounts"),
    }


def _row(image: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        ", ".join(image["tags"]) or "-",
        ", ".join(image["stages"]) or "-",
        image["digest"][:19],
        "-" if image["bytes"] is None else f"{image['bytes'] / 1e6:.1f} MB",
        cell(image["pushed"]),
        _findings(image["findings"]),
    )


def _findings(counts: Mapping[str, int] | None) -> str:
    if counts is None:
        return "not scanned"
    shown = [f"{counts[name]} {name.lower()}" for name in _SEVERITIES if counts.get(name)]
    return ", ".join(shown) or "none"
