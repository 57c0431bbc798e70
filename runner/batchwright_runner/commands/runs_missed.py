"""``batchwright runs --missed``: what was due and did not run."""

import json
import time
from typing import TYPE_CHECKING

from batchwright_runner.contract.missed.judge import judge
from batchwright_runner.errors import UsageError
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.missed.look import look
from batchwright_runner.host.missed.report import Report, entry_of, missed_table, notes, of_manifests, of_the_stage
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import STDOUT, Console, line_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchwright_runner.contract.workflows.record import Workflow


def show_missed(
    console: Console, stage: Stage, runs: Runs, workflows: "Sequence[Workflow]", since: int, *, as_json: bool
) -> int:
    """Shows it.

    Args:
        console: Where it is printed.
        stage: The stage.
        runs: The runs of its batches.
        workflows: Its workflows.
        since: How far back, in seconds.
        as_json: Whether a JSON array is printed.

    Returns:
        1 where somebody should look, or where that cannot be known; else 0.

    Raises:
        UsageError: The stage has no batches: of those that are looked for elsewhere, none would be missed.
        RunnerError: Something failed that is no lack of permission.
    """
    if not (runs.manifests or runs.unusable or workflows):
        raise UsageError(f"nothing was looked at: stage {stage.target.stage} has no batches", hint=stage.no_batches())
    now = time.time()
    looked = look(stage, runs, now - since, workflows)
    judged = [judge(batch, looked.blind, now - since, now) for batch in looked.batches]
    of_batches = (finding for one in judged for finding in one.findings)
    report = Report(
        stage=stage.target.stage,
        findings=[*of_the_stage(looked.blind), *of_manifests(runs.unusable), *of_batches],
        due=sum(one.due for one in judged),
        batches=len(judged),
        begin=now - since,
    )
    if as_json:
        console.print(json.dumps([entry_of(one) for one in report.findings], indent=2, ensure_ascii=False))
    elif report.trouble:
        console.print(missed_table(report.trouble, line_width(STDOUT)))
    for note in notes(report):
        console.note(note)
    return 1 if report.trouble else 0
