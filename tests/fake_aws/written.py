"""What a container writes, and when it can be read. Pure."""

import math

from tests.fake_aws.script import Lines, Script, Sidecar
from tests.fake_aws.services.timeline import NEVER, Timeline

Row = tuple[float, float, str]
"""Readable at, written at, text."""
Placed = tuple[float, str, float]
"""Written at, text, late."""


def written(script: Script, times: Timeline) -> list[Row]:
    """The main container's rows, in the order in which they become readable."""
    if times.started == NEVER:
        return []
    placed = _placed(script.lines, times.started, times.lines_end)
    if times.term != NEVER and not script.term.ignore:
        placed += _placed(script.term.lines, times.term, times.ended)
    return _readable(script, placed, times.started, times.ended)


def written_beside(sidecar: Sidecar, script: Script, times: Timeline) -> list[Row]:
    """A sidecar's rows."""
    if sidecar.first and times.pull_started != NEVER:
        ended = min(times.started, times.ended)
        return _readable(script, _placed(sidecar.lines, times.pull_started, ended), times.pull_started, ended)
    if times.started == NEVER:
        return []
    ended = sidecar.end(times.started, times.ended)
    return _readable(script, _placed(sidecar.lines, times.started, ended), times.started, ended)


def _readable(script: Script, placed: list[Placed], started: float, ended: float) -> list[Row]:
    every, delay = script.batching, script.ingestion
    rows = []
    for at, text, late in placed:
        sent = at if not every else min(started + math.ceil((at - started) / every) * every, ended)
        rows.append((sent + delay + late, at, text))
    rows.sort(key=lambda row: row[:2])
    return rows


def _placed(lines: Lines, base: float, end: float) -> list[Placed]:
    return [(base + at, text, late) for at, text, late in lines if base + at <= end]
