"""The regions that the SDK knows."""

from typing import TYPE_CHECKING

from batchwright_runner.host.terminal.text import did_you_mean

if TYPE_CHECKING:
    from botocore.session import Session

ASKED = "ssm"
"""A service that is in every region."""


def misspelt_region(session: "Session", region: str) -> str:
    """The warning about a region that the SDK does not know, perhaps as it is newer; empty for one that it knows."""
    known = [name for part in session.get_available_partitions() for name in session.get_available_regions(ASKED, part)]
    if not region or region in known:
        return ""
    near = did_you_mean(region, known)
    question = f". {near}" if near.endswith("?") else ""
    return f"The SDK knows no region {region}{question}"
