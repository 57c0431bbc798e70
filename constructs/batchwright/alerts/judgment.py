"""How the alerts machine judges the end of a task or of an execution: the runner's own rules, in JSONata. Pure.

Of a task it sees what the event says, in the casing of the API, and the batch's manifest, which it reads: the verdict,
and why, are those of `batchwright_runner.contract.judgment.verdict`, to the letter.
"""

from batchwright.alerts.words import EXIT, saying
from batchwright.automation.jsonata import block, either, literal, or_else
from batchwright_runner.contract.checks import INTERRUPTION
from batchwright_runner.contract.ends import (
    BY_SIGNAL,
    DEADLINE_REASON,
    ENDED_BY_AWS,
    ENDED_BY_ITSELF,
    FAILED_TO_START,
    MACHINE_TIMEOUT,
    MAINTENANCE,
    OUT_OF_MEMORY,
    RUNNER_OVERLAP,
    RUNNER_SIGNAL,
    RUNNER_TIMEOUT,
    RUNNER_UNSEEN,
    SIGNALS,
    STOPPED_ON_REQUEST,
)
from batchwright_runner.contract.variables import RUN_ID
from batchwright_runner.contract.verdicts import ROWS, Row, name

GOOD = literal(name(Row.OWN, 0))
CLAIMED = "[$d.overrides.containerOverrides[" + literal(RUN_ID) + " in environment.name].name]"
"""The containers that the overrides of the task ``$d`` tell their run: whoever starts a task of ours writes them."""


def _named(row: Row) -> str:
    return literal(name(row, 0))


def _phrase(row: Row) -> str:
    return literal(ROWS[row].phrase)


def _says(row: Row, rest: str) -> str:
    return f"{literal(ROWS[row].phrase + ' (')} & {rest} & ')'"


def _begins(text: str, form: str) -> str:
    """Whether a text is one that a runner's form gives; the form has one gap."""
    before, _, after = form.partition("{}")
    begins = f"$substring({text}, 0, {len(before)}) = {literal(before)}"
    return f"({begins} and $contains($substring({text}, {len(before) + 1}), {literal(after)}))" if after else begins


def _signal(text: str) -> str:
    """The number of the signal in a runner's reason; nothing if there is none."""
    gap = len(RUNNER_SIGNAL.partition("{}")[0])
    word = f"$replace($split($substring({text}, {gap}), ' ')[0], ':', '')"
    begins = _begins(text, RUNNER_SIGNAL)
    return f"({begins} ? $lookup({literal(SIGNALS)}, {word}) : $lookup({{}}, 'none'))"


def task_end() -> str:
    """The end of the task ``$d``, as the event shows it, of the batch with manifest ``$m``."""
    essential = (
        "$type($m.essential) = 'string' ? $split($m.essential, ',') : $exists($m.essential) ? [$m.essential] : []"
    )
    killed = (
        f"exitCode in {literal(list(BY_SIGNAL))} and $not($contains({or_else('reason')}, {literal(OUT_OF_MEMORY)}))"
    )
    named = "$count($claimed) > 0 ? $claimed[0] : 'main'"
    statements = [
        f"$claimed := {CLAIMED}",
        f"$container := $exists($m.container) ? $m.container : {named}",
        "$main := $d.containers[name = $container]",
        "$code := $main.exitCode",
        "$began := $exists($d.startedAt) or $exists($code) or $main.lastStatus = 'RUNNING'",
        f"$own := $line({or_else('$main.reason')})",
        f"$said := $line({or_else('$d.stoppedReason')})",
        "$reason := $own = '' or $contains($said, $own) ? $said : $said = '' ? $own : $said & ': ' & $own",
        f"$stop := {or_else('$d.stopCode')}",
        f"$byAws := $stop in {literal(sorted(ENDED_BY_AWS))} or $contains($reason, {literal(MAINTENANCE)})",
        f"$asked := $stop = {literal(STOPPED_ON_REQUEST)}",
        f"$signal := $asked ? {_signal('$reason')}",
        f"$overlap := $asked and {_begins('$reason', RUNNER_OVERLAP)}",
        f"$unseen := $asked and {_begins('$reason', RUNNER_UNSEEN)}",
        f"$timeout := $asked and {_begins('$reason', RUNNER_TIMEOUT)}",
        "$ours := $exists($signal) or $overlap or $unseen or $timeout",
        f"$essential := ({essential})",
        f"$first := [$d.containers[name in $essential and $exists(exitCode) and $not({killed})]]",
        "$others := $join($first.(name & ' ended with ' & $string(exitCode)), ' and ')",
        "$nobody := $count($first) = 0 or $main.lastStatus != 'STOPPED'",
        "$by := $nobody ? '' : $others & ', perhaps before ' & $container & ','",
        (
            "$after := $exists($code) ? $container & ' then ended with ' & $string($code) & ', which does not count' : "
            "$began ? 'no exit code' : 'it had not begun'"
        ),
        f"$row := ({_row()})",
        f"$exit := $row = {literal(EXIT)} ? ($code >= 0 and $code <= 255 ? $code : 255) : ({_codes()})",
        f"$name := $row = {literal(EXIT)} ? $row & $string($exit) : $row",
        "$kept := $meaning($reason)",
        (
            f"{{ 'name': $name, 'code': $exit, 'why': ({_why()}), 'advice': $advice($name, $exit, $reason), "
            f"'again': ({_again()}), 'counts': $not($exists($signal)), 'retried': ({_retried()}) }}"
        ),
    ]
    return saying("line", "meaning", "advice", then=block(*statements))


def _row() -> str:
    return either(
        [
            ("$overlap", _named(Row.OVERLAP)),
            (
                f"$not($ours) and ($stop = {literal(FAILED_TO_START)} or ($not($began) and $byAws))",
                _named(Row.NEVER_STARTED),
            ),
            ("$unseen", _named(Row.NO_RESULT)),
            ("$exists($signal)", _named(Row.SIGNAL)),
            (f"$timeout or {_deadline()}", _named(Row.TIMEOUT)),
            ("$byAws", _named(Row.ENDED_BY_AWS)),
            ("$asked", _named(Row.STOPPED_BY_OTHERS)),
            (f"$stop = {literal(ENDED_BY_ITSELF)} and $exists($code) and $by = ''", literal(EXIT)),
        ],
        _named(Row.NO_RESULT),
    )


def _deadline() -> str:
    return " or ".join(
        f"$substring($reason, 0, {len(one)}) = {literal(one)}" for one in (DEADLINE_REASON, MACHINE_TIMEOUT)
    )


def _codes() -> str:
    rows = [row for row in ROWS if row not in (Row.OWN, Row.SIGNAL)]
    return either(
        [("$exists($signal)", "128 + $signal"), *((f"$row = {_named(row)}", str(ROWS[row].code)) for row in rows)],
        str(ROWS[Row.NO_RESULT].code),
    )


def _why() -> str:
    names = "{" + ", ".join(f"'{number}': {literal(one)}" for one, number in SIGNALS.items()) + "}"
    given = "($reason = '' ? 'no reason given' : $reason)"
    any_reason = "($reason != '' ? $reason : $stop != '' ? $stop : 'no reason given')"
    when = (
        f"($timeout ? 'at the timeout' : $substring($reason, 0, {len(MACHINE_TIMEOUT)}) = {literal(MACHINE_TIMEOUT)} ? "
        "'at the timeout, by its machine' : 'at the deadline kept by AWS')"
    )
    unseen = "'whether another run is in progress could not be seen; ' & $after"
    no_result = either(
        [
            ("$unseen", unseen),
            ("$by != ''", "$by & ' and ECS stopped ' & $container & ': ' & $after"),
            ("$not($exists($code))", f"'no exit code was seen: ' & {any_reason}"),
        ],
        "$container & ' ended with ' & $string($code) & ', stop code ' & ($stop = '' ? 'unknown' : $stop)",
    )
    return either(
        [
            (f"$row = {_named(Row.OVERLAP)}", literal(f"{ROWS[Row.OVERLAP].phrase} (another run is in progress)")),
            (f"$row = {_named(Row.NEVER_STARTED)}", _says(Row.NEVER_STARTED, "($reason = '' ? $stop : $reason)")),
            (
                "$exists($signal)",
                f"{_phrase(Row.SIGNAL)} & ' on ' & $lookup({names}, $string($signal)) & ' (' & $after & ')'",
            ),
            (
                f"$row = {_named(Row.TIMEOUT)}",
                f"{literal(ROWS[Row.TIMEOUT].phrase + ' ')} & {when} & ' (' & $after & ')'",
            ),
            (
                f"$row = {_named(Row.ENDED_BY_AWS)}",
                _says(Row.ENDED_BY_AWS, f"($stop = '' ? 'maintenance' : $stop) & ': ' & {given}"),
            ),
            ("$asked and $not($unseen)", _says(Row.STOPPED_BY_OTHERS, f"{given} & '; ' & $after")),
            (f"$row = {literal(EXIT)}", _says(Row.OWN, "$container & ' ended by itself'")),
        ],
        _says(Row.NO_RESULT, f"({no_result})"),
    )


def _again() -> str:
    began = "($began ? 'ask' : 'safe')"
    return either(
        [
            (f"$row = {literal(EXIT)} and $exit = 0", "''"),
            (
                f"$row = {_named(Row.NEVER_STARTED)}",
                "(($exists($kept) and $kept.passes) or $byAws ? 'safe' : 'useless')",
            ),
            ("$ours or $asked", began),
            (f"$row = {_named(Row.NO_RESULT)}", began),
        ],
        "'ask'",
    )


def _retried() -> str:
    """Whether the runner may make another attempt: then a later task of the run tells, and not this one."""
    interruption = literal(INTERRUPTION)
    retries = "($exists($m.retries) and $number($m.retries) > 0)"
    return either(
        [
            (f"$row = {_named(Row.NEVER_STARTED)}", "(($exists($kept) and $kept.passes) or $byAws)"),
            (f"$ours or $not({retries})", "false"),
            (f"$row = {literal(EXIT)}", "$exit != 0 and $exit in $m.retry_on"),
            (f"$row = {_named(Row.ENDED_BY_AWS)}", f"{interruption} in $m.retry_on"),
        ],
        "false",
    )


def execution_end() -> str:
    """The end of an execution of a batch's machine: ``$x`` has its ``status``, ``error`` and ``cause``."""
    statements = [
        f"$cause := {or_else('$x.cause')}",
        f"$failed := {or_else('$x.error')}",
        "$told := $substring($cause, 0, 1) = '{' and $contains($cause, '\"why\"') ? $parse($cause).why : $cause",
        "$said := $line($string($told))",
        f"$signal := $x.status = 'ABORTED' ? {_signal('$said')}",
        (
            f"$found := $x.status = 'TIMED_OUT' ? $coded({_named(Row.TIMEOUT)}) : $x.status = 'ABORTED' ? "
            f"($exists($signal) ? {{ 'name': {_named(Row.SIGNAL)}, 'code': 128 + $signal }} : "
            f"$coded({_named(Row.STOPPED_BY_OTHERS)})) : $coded($failed)"
        ),
        "$begins := $exists($signal) ? " + literal(ROWS[Row.SIGNAL].phrase) + " : $phrase($found.name)",
        (
            "{ 'name': $found.name, 'code': $found.code, 'why': $begins & ' (' & "
            "($said != '' ? $said : $failed != '' ? $failed : $x.status) & ')', "
            "'advice': $advice($found.name, $found.code, $said), "
            f"'again': ({_again_of_execution()}), 'counts': $not($exists($signal)), 'retried': false }}"
        ),
    ]
    return saying("line", "coded", "phrase", "meaning", "advice", then=block(*statements))


def _again_of_execution() -> str:
    rows = [row for row in ROWS if row not in (Row.OWN, Row.SIGNAL, Row.NO_RESULT)]
    return either([(f"$found.name = {_named(row)}", literal(ROWS[row].again)) for row in rows], "'ask'")
