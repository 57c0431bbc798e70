"""What is kept and counted of a run that has ended, and whether people are told. Pure."""

from typing import Any

from batchwright.alerts.count import count, count_in_datadog
from batchwright.alerts.facts import AlertsFacts
from batchwright.alerts.judgment import GOOD
from batchwright.alerts.relay import look, record_of
from batchwright.alerts.words import saying
from batchwright.automation.jsonata import block, either, expression, literal, or_else
from batchwright_runner.contract.last import ENOUGH, KEPT
from batchwright_runner.contract.names import last_path, manifest_path, watch_path
from batchwright_runner.contract.notices.rules import MOST_FAILURES, MOST_LINES, SLOW_FACTOR, SLOW_SECONDS

FIRST = "Whose is it?"
HANDED_OVER = "Take it over"
_READ, _WEIGH, _KEEP, _COUNT, _TELL = (
    "Read what is known",
    "Weigh it",
    "Keep it",
    "Count it",
    "Is there something to tell?",
)


def states(facts: AlertsFacts, *, done: str, following: str) -> dict[str, dict[str, Any]]:
    """The states.

    Args:
        facts: The stage.
        done: The state at the end.
        following: The state that tells.
    """
    counted = [*([_COUNT] if facts.metrics else []), *(["Count it in Datadog"] if facts.datadog else []), _TELL]
    made: dict[str, dict[str, Any]] = {
        HANDED_OVER: {"Type": "Pass", "Assign": {"kind": "ended"}, "Next": FIRST},
        FIRST: {
            "Type": "Pass",
            "Assign": {"batch": expression("$kind = 'missed' ? $given.missed.batch : $given.ended.batch")},
            "Next": _READ,
        },
        _READ: _read(facts),
        "Ask for it": {"Type": "Pass", "Assign": _asks(facts), "Next": "Is there a log?"},
        **_log(facts),
        _WEIGH: {
            "Type": "Pass",
            "Assign": {"last": expression(_after()), "usual": expression(_usual())},
            "Next": "What of it?",
        },
        "What of it?": {"Type": "Pass", "Assign": {"n": expression(_notice(facts))}, "Next": "Was there a run?"},
        "Was there a run?": {
            "Type": "Choice",
            "Choices": [{"Condition": expression("$kind = 'missed'"), "Next": _TELL}],
            "Default": _KEEP,
        },
        _KEEP: _keep(facts, counted[0]),
        _TELL: {
            "Type": "Choice",
            "Choices": [{"Condition": expression("$n.kind = ''"), "Next": done}],
            "Default": following,
        },
    }
    if facts.metrics:
        made[_COUNT] = count(facts, counted[1])
    if facts.datadog:
        made["Count it in Datadog"] = count_in_datadog(facts, facts.datadog.site, facts.datadog.connection, _TELL)
    return made


def _read(facts: AlertsFacts) -> dict[str, Any]:
    project, stage = facts.names.project, facts.names.stage
    paths = {"m": manifest_path, "watch": watch_path, "before": last_path}
    names = {variable: f"{literal(path(project, stage, ''))} & $batch" for variable, path in paths.items()}
    found = {
        variable: expression(record_of(f"$states.result.Parameters[Name = {path}].Value"))
        for variable, path in names.items()
    }
    return look(
        "ssm:getParameters",
        {"Names": [expression(path) for path in names.values()]},
        found,
        "Ask for it",
        {variable: {} for variable in names},
    )


def _asks(facts: AlertsFacts) -> dict[str, Any]:
    """What the batch asks of its alerts, and where its log is."""
    after, lines = "$watch.alerts.after_failures", "$watch.alerts.lines"
    ours = f"$substring({or_else('$m.log_group')}, 0, {len(facts.names.path) + 1}) = {literal(facts.names.path + '/')}"
    return {
        "ask": expression(
            f"{{ 'off': $watch.alerts.off = true, "
            f"'after': $type({after}) = 'number' and {after} >= 1 and {after} <= {MOST_FAILURES} ? {after} : 1, "
            f"'lines': $not({ours}) ? 0 : $type({lines}) = 'number' and {lines} >= 0 and {lines} <= {MOST_LINES} ? "
            f"{lines} : {facts.lines}, "
            "'channel': $type($watch.alerts.channel) = 'string' ? $watch.alerts.channel : '', "
            "'expected': $type($watch.expected_seconds) = 'number' ? $watch.expected_seconds : 0 }"
        ),
        "e": expression(
            "$kind = 'missed' ? { 'task': '', 'name': '', 'code': 0, 'run': '', 'ended': '', 'seconds': 0, "
            f"'counts': false, 'advice': '', 'again': '', 'why': {or_else('$string($given.missed.why)')} }} : "
            "$given.ended"
        ),
        "log": expression(
            block(
                f"$task := $kind = 'missed' ? '' : {or_else('$given.ended.task')}",
                "$stream := $task = '' or $not($exists($m.log_group)) ? '' : "
                f"{or_else('$m.log_stream_prefix')} & '/' & {or_else('$m.container', literal('main'))} & '/' & "
                "$split($task, '/')[-1]",
                f"{{ 'group': {or_else('$m.log_group')}, 'stream': $stream }}",
            )
        ),
    }


def _log(facts: AlertsFacts) -> dict[str, dict[str, Any]]:  # noqa: ARG001 - one form for all
    good = f"$e.name = {GOOD}"
    return {
        "Is there a log?": {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression(f"$log.stream = '' or $ask.lines = 0 or $ask.off or {good}"), "Next": _WEIGH}
            ],
            "Default": "Read the log",
        },
        "Read the log": look(
            "cloudwatchlogs:getLogEvents",
            {
                "LogGroupName": expression("$log.group"),
                "LogStreamName": expression("$log.stream"),
                "Limit": expression("$ask.lines"),
                "StartFromHead": False,
            },
            {"lines": expression(saying("lines", then="$lines([$states.result.Events.Message], $ask.lines)"))},
            _WEIGH,
            {"lines": []},
        ),
    }


def _before() -> list[str]:
    """The record before, in full: a field that cannot be read is as one that is not there."""
    text = "$type($before.{0}) = 'string' ? $before.{0} : ''"
    number = "$type($before.{0}) = 'number' and $before.{0} > 0 ? $before.{0} : 0"
    durations = "[$filter([$before.durations], function($one) { $type($one) = 'number' and $one > 0 })]"
    fields = [
        *(f"'{one}': {text.format(one)}" for one in ("ended", "run", "task", "verdict", "succeeded", "failing_since")),
        *(f"'{one}': {number.format(one)}" for one in ("code", "seconds", "failures")),
        f"'durations': {durations}",
    ]
    return [
        f"$b := {{ {', '.join(fields)} }}",
        "$later := function($one, $other) { $other = '' or ($one != '' and $toMillis($one) >= $toMillis($other)) }",
        f"$good := $e.name = {GOOD}",
        "$newest := $later($e.ended, $b.ended)",
        "$more := $not($good) and $e.counts and $later($e.ended, $b.succeeded)",
    ]


def _after() -> str:
    """The record after the end ``$e``, as `batchwright_runner.contract.last.after` has it."""
    newest = ", ".join(
        f"'{one}': $newest ? $e.{of} : $b.{one}"
        for one, of in (
            *(("ended", "ended"), ("run", "run"), ("task", "task"), ("verdict", "name")),
            *(("code", "code"), ("seconds", "seconds")),
        )
    )
    first = either(
        [
            ("$good and $newest", "''"),
            (
                "$more",
                "($b.failing_since = '' or $later($b.failing_since, $e.ended) ? $e.ended : $b.failing_since)",
            ),
        ],
        "$b.failing_since",
    )
    statements = [
        *_before(),
        "$all := $good and $e.seconds > 0 ? $append($b.durations, [$e.seconds]) : $b.durations",
        f"$kept := [$filter($all, function($one, $at, $list) {{ $at >= $count($list) - {KEPT} }})]",
        (
            f"{{ {newest}, 'succeeded': $good and $later($e.ended, $b.succeeded) ? $e.ended : $b.succeeded, "
            f"'failures': $good and $newest ? 0 : $more ? $b.failures + 1 : $b.failures, 'failing_since': ({first}), "
            "'durations': $kept }"
        ),
    ]
    return f"$kind = 'missed' ? $before : {block(*statements)}"


def _usual() -> str:
    """The median of the durations before this run; 0 where there are not enough."""
    median = "$count($d) % 2 = 1 ? $d[$floor($count($d) / 2)] : ($d[$count($d) / 2 - 1] + $d[$count($d) / 2]) / 2"
    return block(
        "$d := [$sort([$filter([$before.durations], function($one) { $type($one) = 'number' and $one > 0 })])]",
        f"$count($d) < {ENOUGH} ? 0 : {median}",
    )


def _notice(facts: AlertsFacts) -> str:
    """The notice; its kind is empty where no one is told."""
    slow = (
        f"($usual > 0 and $e.seconds > $usual * {SLOW_FACTOR} and $e.seconds - $usual >= {SLOW_SECONDS}) "
        "or ($ask.expected > 0 and $e.seconds > $ask.expected)"
    )
    kind = either(
        [
            ("$ask.off", "''"),
            ("$kind = 'missed'", "($given.missed.running = true ? 'late' : 'missed')"),
            ("$not($good)", "($more and $b.failures + 1 >= $ask.after ? 'failed' : '')"),
            ("$b.failures >= $ask.after and $newest", "'recovered'"),
            (slow, "'slow'"),
        ],
        "''",
    )
    fields = {
        "kind": "$what",
        "stage": literal(facts.names.stage),
        "region": literal(facts.place.region),
        "cluster": literal(facts.cluster),
        "batch": "$batch",
        "owner": or_else("$m.owner"),
        "runbook": or_else("$m.runbook"),
        "run": "$e.run",
        "task": "$e.task",
        "verdict": "$e.name",
        "code": "$e.code",
        "why": "$what in ['failed', 'missed', 'late'] ? $e.why : ''",
        "advice": "$what = 'failed' ? $e.advice : ''",
        "again": "$what = 'failed' ? $e.again : ''",
        "seconds": "$e.seconds",
        "usual": "$round($usual)",
        "failures": "$good ? $b.failures : $b.failures + ($more ? 1 : 0)",
        "failing_since": (
            "$more and ($b.failing_since = '' or $later($b.failing_since, $e.ended)) ? $e.ended : $b.failing_since"
        ),
        "succeeded": "$b.succeeded",
        "log_group": "$log.group",
        "stream": "$log.stream",
        "lines": "$lines",
    }
    made = ", ".join(f"'{name}': ({value})" for name, value in fields.items())
    return block(*_before(), f"$what := ({kind})", f"{{ {made} }}")


def _keep(facts: AlertsFacts, following: str) -> dict[str, Any]:
    path = literal(last_path(facts.names.project, facts.names.stage, ""))
    given = "$sift($last, function($value) { $not($value = '' or $value = 0 or $count($value) = 0) })"
    return look(
        "ssm:putParameter",
        {
            "Name": expression(f"{path} & $batch"),
            "Value": expression(f"$string({given})"),
            "Type": "String",
            "Overwrite": True,
        },
        {"keptAt": expression("$states.context.State.EnteredTime")},
        following,
        {"keptAt": expression("''")},
    )
