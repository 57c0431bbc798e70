"""Moments as people read them: in this machine's time zone. Pure."""

from datetime import datetime

from batchwright_runner.contract.pauses import moment


def here(text: str) -> str:
    """A record's moment, ``2026-11-25 02:31+0900``; as it is where it cannot be read.

    Args:
        text: ISO 8601 with an offset.
    """
    at = moment(text)
    return text if at is None else f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M%z}"
