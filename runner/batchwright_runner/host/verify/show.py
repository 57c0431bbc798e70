"""Findings for people, and manifests that cannot be read or used as findings. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from batchwright_runner.errors import DeniedError, RunnerError
from batchwright_runner.host.finding import Finding, Status, finding_lines
from batchwright_runner.host.terminal import fill


def lines(
    findings: Sequence[Finding], *, everything: bool, workflows: Collection[str] = (), width: int = 0
) -> Iterator[str]:
    """The findings batch by batch; what several batches have in common, such as a subnet, comes first and once."""
    shown = [finding for finding in findings if everything or finding.status is not Status.OK]
    batches = list(dict.fromkeys(finding.about for finding in findings))
    common: dict[Finding, list[str]] = {}
    for finding in shown:
        common.setdefault(replace(finding, about=""), []).append(finding.about)
    together: dict[str, list[Finding]] = {}
    for finding, subjects in common.items():
        together.setdefault(_heading(subjects, len({*batches} - {*workflows})), []).append(finding)
    order = sorted(together, key=lambda heading: heading in batches)
    for heading in order:
        yield from fill.words(heading, width) if width else (heading,)
        for finding in together[heading]:
            texts = (f"{finding.name}: {finding.what}", finding.advice)
            yield from finding_lines(f"  {finding.status:7}  ", texts, width)
    for batch in batches:
        if batch not in {finding.about for finding in shown}:
            yield f"{batch}: ok"


def _heading(batches: Sequence[str], of: int) -> str:
    if len(batches) == 1:
        return batches[0] or "all batches"
    return f"all {of} batches" if len(batches) == of else ", ".join(batches)


def entry_of(finding: Finding, workflows: Collection[str] = ()) -> dict[str, Any]:
    """A finding as ``--json`` prints it. The second argument is that of `lines`."""
    return {
        "workflow" if finding.about in workflows else "batch": finding.about,
        "check": finding.name,
        "status": str(finding.status),
        "what": finding.what,
        "advice": finding.advice,
        "permission": finding.permission,
    }


def summary(findings: Sequence[Finding], workflows: Collection[str] = ()) -> str:
    """What the last line says: ``2 batches: 1 fail, 1 unknown, 22 ok``. What several have in common counts once.

    The second argument is that of `lines`.
    """
    good = [finding for finding in findings if finding.status is Status.OK]
    others = {replace(finding, about=""): finding.status for finding in findings if finding.status is not Status.OK}
    counts = Counter([*(finding.status for finding in good), *others.values()])
    about = {finding.about for finding in findings} - {""}
    flows = len(about & {*workflows})
    batches = len(about) - flows
    totals = ", ".join(f"{counts[status]} {status}" for status in reversed(Status) if counts[status])
    if not about:
        return f"all batches: {totals}"
    counted = [f"{batches} {'batch' if batches == 1 else 'batches'}"] if batches else []
    counted += [f"{flows} workflow{'' if flows == 1 else 's'}"] if flows else []
    return f"{', '.join(counted)}: {totals or 'nothing was looked at'}"


MANIFEST = "manifest"
HINT = "The caller's role needs what platform.grant_verify grants"
"""What to do where the manifests may not be read."""


def of_manifest(batch: str, error: RunnerError, name: str = MANIFEST) -> Finding:
    """That a batch, or a stage, could not be looked at, or that no run of it starts, for its manifest.

    `batch`: the batch, or a workflow; empty for all of a stage.
    `error`: why: a `DeniedError` where it may not be read; else it cannot be used.
    """
    denied = isinstance(error, DeniedError)
    return Finding(
        about=batch,
        name=name,
        status=Status.UNKNOWN if denied else Status.FAIL,
        what=str(error.args[0]),
        advice=error.hint,
        permission=("ssm:GetParameter" if batch else "ssm:GetParametersByPath") if denied else "",
    )
