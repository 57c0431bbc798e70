"""``batchwright runs``: shows the runs in progress and the past ones."""

import json
import time
from datetime import datetime

import click

from batchwright_runner.aws.client import ApiError
from batchwright_runner.commands.options import Duration, batch_argument, more, pass_console, quiet_option, stage_option
from batchwright_runner.contract.verdicts import Row, word
from batchwright_runner.errors import RunnerError
from batchwright_runner.fargate.execution_runs import executions_without_tasks
from batchwright_runner.fargate.known_run import KnownRun
from batchwright_runner.fargate.meant import runs_of
from batchwright_runner.fargate.task import task_id
from batchwright_runner.runs.duration import format_duration
from batchwright_runner.stage.session import Stage, work_in
from batchwright_runner.terminal.console import Console
from batchwright_runner.terminal.text import table

_HEAD = ("BATCH", "RUN", "TASK", "STARTED", "TOOK", "CODE", "RESULT")


@click.command(
    epilog=more(
        "docs/exit-codes.md",
        "batchwright runs -s production --failed --since 1d",
        "batchwright runs daily-report -s staging --json",
    )
)
@batch_argument(required=False)
@stage_option
@click.option("--failed", is_flag=True, help="Only runs that ended with another code than 0.")
@click.option("--since", type=Duration(), default="7d", show_default=True, help="How far back.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@quiet_option
@pass_console
def runs(console: Console, batch: str | None, stage: str | None, failed: bool, since: int, as_json: bool) -> int:
    """List the runs of a stage, or of one BATCH: those in progress, then past ones, the newest first."""
    with work_in(console, stage) as work:
        found = _collect(work.stage, batch, since)
    entries = [_entry(run) for run in found]
    if failed:
        entries = [entry for entry in entries if entry["code"] not in (None, 0)]
    if as_json:
        console.print(json.dumps(entries, indent=2, ensure_ascii=False))
    elif entries:
        console.print(table(_HEAD, [_row(entry) for entry in entries]))
    else:
        console.note("no such runs")
    return 0


def _collect(stage: Stage, batch: str | None, since: int) -> list[KnownRun]:
    chosen = runs_of(stage, batch)
    begin = time.time() - since
    what = "the runs cannot be seen"
    try:
        current = chosen.current()
        past = chosen.past(since=begin)
        waiting = [*executions_without_tasks(chosen.aws, chosen.manifests, [*current, *past], begin)]
    except ApiError as error:
        raise RunnerError(f"{what}: {error}") from error
    known = {run.arn for run in current}
    both = [*current, *waiting, *(run for run in past if run.arn not in known)]
    return sorted(both, key=lambda run: (run.state.ended, -run.created))


def _entry(run: KnownRun) -> dict[str, object]:
    times = run.state.times
    end = times.get("executionStoppedAt") or times.get("stoppedAt") or (0.0 if run.state.ended else time.time())
    found = run.result
    return {
        "batch": run.manifest.batch,
        "run_id": run.started_by,
        "task": task_id(run.arn) if run.has_task else "",
        "started": datetime.fromtimestamp(run.created).astimezone().isoformat(timespec="seconds"),
        "seconds": round(max(0.0, end - run.created), 1) if end else None,
        "code": found.code if found else None,
        "row": found.row.value if found else None,
        "word": word(found.row, found.code) if found else run.state.status.lower(),
        "reason": run.state.reason,
        "result": found.why if found else run.state.status.lower(),
    }


def _row(entry: dict[str, object]) -> list[str]:
    seconds = entry["seconds"]
    return [
        str(entry["batch"]),
        str(entry["run_id"]) or "-",
        str(entry["task"]) or "-",
        str(entry["started"]),
        format_duration(seconds) if isinstance(seconds, float) else "-",
        "-" if entry["code"] is None else str(entry["code"]),
        _result(entry),
    ]


def _result(entry: dict[str, object]) -> str:
    of_its_own = entry["row"] in (None, Row.OWN.value) or not entry["reason"]
    return str(entry["word"]) if of_its_own else f"{entry['word']}: {entry['reason']}"
