"""How a machine judges the end of a task: the runner's own rules, as one JSONata expression. Pure.

What ``ecs:runTask.sync`` calls success is never used: it fails on a sidecar's code, at least sometimes, and whether it
fails after a StopTask where all codes are 0 is not documented. Its result and its error hold the same task, which is
judged here as `batchwright_runner.contract.judgment.verdict` judges it.
"""

from typing import Any

from batchwright.automation.jsonata import among, block, either, expression, literal, or_else
from batchwright_runner.contract.checks import INTERRUPTION
from batchwright_runner.contract.ends import (
    BY_SIGNAL,
    DEADLINE_REASON,
    ENDED_BY_AWS,
    ENDED_BY_ITSELF,
    FAILED_TO_START,
    MAINTENANCE,
    OUT_OF_MEMORY,
    STARTS,
    STOPPED_ON_REQUEST,
)
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.stop_reasons import REASONS
from batchwright_runner.contract.verdicts import ROWS, Row, name

NAMES = {row: literal(name(row, facts.codes[0] if facts.codes else 0)) for row, facts in ROWS.items()}
"""Row to its name, as a constant; that of the container's own code lacks the code."""
_EXIT = literal(name(Row.OWN, 0).removesuffix("0"))


def rules() -> list[dict[str, Any]]:
    """The reasons that AWS gives, as far as they tell what passes: the variable ``$reasons``.

    Each has the texts that a reason holds, in lower case, and whether a later try may work. The first that fits counts.
    """
    last = max(index for index, reason in enumerate(REASONS) if reason.temporary)
    return [{"texts": list(reason.parts), "passes": reason.temporary} for reason in REASONS[: last + 1]]


def passes(reason: str) -> str:
    """Whether a reason is one that may be gone on another try."""
    held = "$filter([$rule.texts], function($part) { $contains($text, $part) })"
    fits = f"function($rule) {{ $count({held}) = $count([$rule.texts]) }}"
    return block(
        f"$text := $lowercase({reason})",
        f"$found := $filter($reasons, {fits})",
        "$count($found) > 0 and $found[0].passes",
    )


def judgment(manifest: BatchManifest) -> str:
    """The end of the task ``$task``: its name, why, and what comes next, as an object.

    ``next`` is ``done``, ``fail``, ``retry`` after an end that ``retry_on`` names, or ``start`` for a start that failed
    for a reason that passes.
    """
    codes = sorted(code for code in manifest.retry_on if isinstance(code, int))
    interruption = "true" if INTERRUPTION in manifest.retry_on else "false"
    row = either(
        [
            (f"$stop = {literal(FAILED_TO_START)} or ($not($began) and $byAws)", NAMES[Row.NEVER_STARTED]),
            (f"$substring($reason, 0, {len(DEADLINE_REASON)}) = {literal(DEADLINE_REASON)}", NAMES[Row.TIMEOUT]),
            ("$byAws", NAMES[Row.ENDED_BY_AWS]),
            (f"$stop = {literal(STOPPED_ON_REQUEST)}", NAMES[Row.STOPPED_BY_OTHERS]),
            (
                f"$stop = {literal(ENDED_BY_ITSELF)} and $exists($code) and $count($first) = 0",
                f"{_EXIT} & $string($code >= 0 and $code <= 255 ? $code : 255)",
            ),
        ],
        NAMES[Row.NO_RESULT],
    )
    following = either(
        [
            (f"$name = {_EXIT} & '0'", "'done'"),
            (
                f"$name = {NAMES[Row.NEVER_STARTED]}",
                f"(($byAws or {passes('$reason')}) and $failedStarts + 1 < {STARTS} ? 'start' : 'fail')",
            ),
            (f"$retried >= {manifest.retries}", "'fail'"),
            (f"$name = {NAMES[Row.ENDED_BY_AWS]}", f"({interruption} ? 'retry' : 'fail')"),
            (f"$name in [{', '.join(f'{_EXIT} & {literal(str(code))}' for code in codes)}]", "'retry'"),
        ],
        "'fail'",
    )
    return expression(
        block(
            f"$main := $task.Containers[Name = {literal(manifest.container)}]",
            "$code := $main.ExitCode",
            "$began := $exists($task.StartedAt) or $exists($code) or $main.LastStatus = 'RUNNING'",
            f"$own := {or_else('$main.Reason')}",
            f"$said := {or_else('$task.StoppedReason')}",
            "$reason := $own = '' or $contains($said, $own) ? $said : $said = '' ? $own : $said & ': ' & $own",
            f"$stop := {or_else('$task.StopCode')}",
            f"$byAws := $stop in {literal(sorted(ENDED_BY_AWS))} or $contains($reason, {literal(MAINTENANCE)})",
            f"$first := $task.{_first(manifest)}",
            f"$name := ({row})",
            f"{{ 'name': $name, 'began': $began, 'next': ({following}), "
            "'why': $reason = '' ? $stop : $reason, 'task': $task.TaskArn }",
        )
    )


def ended_well(manifest: BatchManifest) -> str:
    """Whether a task has ended by itself with 0, as a condition of a filter on tasks."""
    code = f"Containers[Name = {literal(manifest.container)}].ExitCode"
    return f"StopCode = {literal(ENDED_BY_ITSELF)} and {code} = 0 and $count({_first(manifest)}) = 0"


def _first(manifest: BatchManifest) -> str:
    """The other essential containers that may have ended before the main one."""
    killed = f"{among('ExitCode', BY_SIGNAL)} and $not($contains({or_else('Reason')}, {literal(OUT_OF_MEMORY)}))"
    return f"Containers[{among('Name', manifest.essential)} and $exists(ExitCode) and $not({killed})]"
