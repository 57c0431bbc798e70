"""What is said, and each channel's request, in JSONata: as `batchwright_runner.contract.notices` says it. Pure.

``$n`` has the fields of `Notice`, all of them; ``$note`` those of `Note`. An expression has one value in each place, as
Step Functions fails a state for one that is undefined.
"""

from batchwright.alerts.words import saying
from batchwright.automation.jsonata import either, literal
from batchwright_runner.contract.notices.channels import (
    CHAT_BLOCK,
    DATADOG_BLOCK,
    DATADOG_TEXT,
    ICONS,
    LEVELS,
    SUBJECT_LIMIT,
    UNKNOWN,
)
from batchwright_runner.contract.notices.note import AGAIN, WHAT
from batchwright_runner.contract.notices.text import FACT_LIMIT, SAID_LIMIT

_ENDS = "$n.kind in ['failed', 'recovered']"
_MISSING = "$n.kind in ['failed', 'missed']"
_BREAK, _GAP = literal("\n"), literal("\n\n")


def note() -> str:
    """The note of the notice ``$n``."""
    what = f"$n.kind = 'failed' ? $word($n.verdict, $n.code) : $lookup({literal(dict(WHAT))}, $n.kind)"
    took = "$n.seconds = 0 ? '' : $took($n.seconds) & ($n.usual = 0 ? '' : ', usually ' & $took($n.usual))"
    before = "($n.kind = 'recovered' ? ' before' : '')"
    row = either(
        [
            (f"$n.failures = 0 or $not({_ENDS})", "''"),
            ("$n.failures = 1", "($n.kind = 'recovered' ? '1 failure before' : 'first failure')"),
        ],
        f"$string($n.failures) & ' failures' & {before} & ', since ' & $at($n.failing_since)",
    )
    success = f"$not({_MISSING}) ? '' : $n.succeeded = '' ? 'none seen' : $at($n.succeeded)"
    logs = "$id = '' ? '' : 'batchwright logs ' & $id & ' -s ' & $n.stage"
    again = f"{_MISSING} ? 'batchwright run ' & $n.batch & ' -s ' & $n.stage : ''"
    console = "'https://' & $n.region & '.console.aws.amazon.com/"
    task = (
        f"$id = '' ? '' : {console}ecs/v2/clusters/' & $n.cluster & '/tasks/' & $id & '/configuration?region=' & "
        "$n.region"
    )
    log = (
        f"$n.stream = '' ? '' : {console}cloudwatch/home?region=' & $n.region & '#logsV2:log-groups/log-group/' & "
        "$twice($n.log_group) & '/log-events/' & $twice($n.stream)"
    )
    valued = "function($one) {{ $one.{} != '' }}"
    return saying(
        *("clean", "took", "at", "some", "twice", "word"),
        then=f"""(
        $id := $n.task = '' ? '' : $split($n.task, '/')[-1];
        $what := ({what});
        {{
            'title': $what & ($n.batch = '' ? ' of ' & $n.stage : ': ' & $n.batch & ' in ' & $n.stage),
            'said': $some([
                $substring($clean($n.why), 0, {SAID_LIMIT}), $substring($clean($n.advice), 0, {SAID_LIMIT}),
                $n.again = '' ? '' : $lookup({literal(dict(AGAIN))}, $n.again)
            ]),
            'facts': [$filter([
                {{ 'name': 'took', 'value': ({took}) }},
                {{ 'name': 'in a row', 'value': ({row}) }},
                {{ 'name': 'last success', 'value': ({success}) }},
                {{ 'name': 'owner', 'value': $substring($clean($n.owner), 0, {FACT_LIMIT}) }},
                {{ 'name': 'run', 'value': $substring($clean($n.run), 0, {FACT_LIMIT}) }}
            ], {valued.format("value")})],
            'links': [$filter([
                {{ 'name': 'runbook', 'url': $clean($n.runbook) }},
                {{ 'name': 'task', 'url': ({task}) }},
                {{ 'name': 'log', 'url': ({log}) }}
            ], {valued.format("url")})],
            'commands': $n.batch = '' ? [] : $some([
                ({logs}), 'batchwright runs ' & $n.batch & ' -s ' & $n.stage, ({again})
            ]),
            'lines': [$n.lines]
        }} )""",
    )


_PARTS = f"$join($some([$parts]), {_GAP})"


def _lines(of: str, prefix: str = "", calm: str = "$one") -> str:
    """Lines of a part: each with what comes before it."""
    return f"$join([$map([{of}], function($one) {{ {literal(prefix)} & {calm} }})], {_BREAK})"


def plain() -> str:
    """The text for e-mail."""
    pairs = (
        "$join([$map([{0}], function($one) {{ $pad($one.name, $width) & '\\u0020\\u0020' & $one.{1} }})], "
        + _BREAK
        + ")"
    )
    return saying(
        "some",
        then=f"""(
        $names := [$append([$note.facts.name], [$note.links.name])];
        $width := $count($names) = 0 ? 0 : $max([$map($names, $length)]);
        $parts := [$note.title, {_lines("$note.said")}, {pairs.format("$note.facts", "value")},
            {pairs.format("$note.links", "url")}, {_lines("$note.commands", "$ ")}, {_lines("$note.lines", "| ")}];
        {_PARTS} )""",
    )


def amazon_q() -> str:
    """A custom notification of Amazon Q Developer in chat applications."""
    fact = "function($one) { '*' & $one.name & '* ' & $chat($one.value) }"
    return saying(
        *("chat", "some"),
        then=f"""(
        $block := $substring({_lines("$note.lines", calm="$chat($one)")}, -{CHAT_BLOCK});
        $parts := [{_lines("$note.said", calm="$chat($one)")}, $join([$map([$note.facts], {fact})], {_BREAK}),
            $block = '' ? '' : {literal("```" + chr(10))} & $block & {literal(chr(10) + "```")}];
        {{
            'version': '1.0',
            'source': 'custom',
            'id': $n.run = '' ? $n.kind : $n.run,
            'content': {{
                'textType': 'client-markdown',
                'title': $lookup({literal(ICONS)}, $n.kind) & ' ' & $chat($note.title),
                'description': {_PARTS},
                'nextSteps': [$append(
                    [$map([$note.links], function($one) {{ $one.name & ': ' & $chat($one.url) }})],
                    [$map([$note.commands], function($one) {{ '`' & $one & '`' }})]
                )],
                'keywords': $some([$n.batch, $n.stage])
            }},
            'metadata': {{
                'threadId': $n.stage & '/' & $n.batch,
                'summary': $chat($note.title),
                'eventType': 'batch-' & $n.kind,
                'relatedResources': $some([$n.task])
            }}
        }} )""",
    )


def sns_message() -> str:
    """The message by protocol; ``$plain`` and ``$q`` were made before."""
    return "$string({ 'default': $plain, 'email': $plain, 'sms': $note.title, 'https': $string($q) })"


def subject() -> str:
    """The subject of an e-mail."""
    return f"$substring($note.title, 0, {SUBJECT_LIMIT})"


def attributes() -> dict[str, str]:
    """By what a subscription may filter: name to expression."""
    return {
        "batch": f"$n.batch = '' ? {literal(UNKNOWN)} : $n.batch",
        "stage": "$n.stage",
        "owner": saying("clean", then=f"$owner := $clean($n.owner); $owner = '' ? {literal(UNKNOWN)} : $owner"),
        "verdict": "$n.verdict = '' ? $n.kind : $n.verdict",
        "kind": "$n.kind",
    }


def slack(channel: str) -> str:
    """The body of ``chat.postMessage``.

    Args:
        channel: An expression that gives the channel.
    """
    icons = literal({kind: icon.strip(":") for kind, icon in ICONS.items()})
    link = (
        "$substring($one.url, 0, 8) = 'https://' ? { 'type': 'link', 'url': $one.url, 'text': $one.name } : "
        "$text($one.name & ': ' & $one.url)"
    )
    return saying(
        "chat",
        then=f"""(
        $text := function($t) {{ {{ 'type': 'text', 'text': $t }} }};
        $bold := function($t) {{ {{ 'type': 'text', 'text': $t, 'style': {{ 'bold': true }} }} }};
        $section := function($e) {{ {{ 'type': 'rich_text_section', 'elements': [$e] }} }};
        $block := function($e) {{ {{ 'type': 'rich_text_preformatted', 'elements': [$text($join([$e], {_BREAK}))] }} }};
        $first := $append([{{ 'type': 'emoji', 'name': $lookup({icons}, $n.kind) }}, $bold($note.title & {_BREAK})],
            [$map([$note.said], function($one) {{ $text($one & {_BREAK}) }})]);
        $facts := $reduce([$note.facts], function($all, $one) {{
            $append($all, [$bold($one.name & ' '), $text($one.value & {_BREAK})]) }}, []);
        $links := $reduce([$note.links], function($all, $one) {{
            $append($all, [({link}), $text('\\u0020\\u0020')]) }}, []);
        $sections := $append($append($append($append([$section($first)],
            $count($facts) = 0 ? [] : [$section($facts)]),
            $count($links) = 0 ? [] : [$section($links)]),
            $count($note.commands) = 0 ? [] : [$block($note.commands)]),
            $count($note.lines) = 0 ? [] : [$block($note.lines)]);
        {{
            'channel': {channel},
            'text': $chat($note.title),
            'blocks': [{{ 'type': 'rich_text', 'elements': [$sections] }}],
            'unfurl_links': false,
            'unfurl_media': false
        }} )""",
    )


def datadog_tags(project: str) -> str:
    """The tags of an event, and of a metric's points."""
    return saying(
        "clean",
        then=f"""$owner := $clean($n.owner); [{literal(f"project:{project}")}, 'stage:' & $n.stage,
        'batch:' & ($n.batch = '' ? {literal(UNKNOWN)} : $n.batch),
        'owner:' & ($owner = '' ? {literal(UNKNOWN)} : $owner),
        'verdict:' & ($n.verdict = '' ? $n.kind : $n.verdict)]""",
    )


def datadog_event(project: str) -> str:
    """The body of Datadog's event."""
    pairs = "$join([$map([{0}], function($one) {{ $one.name & ': ' & $one.{1} }})], " + _BREAK + ")"
    return saying(
        *("calm", "some"),
        then=f"""(
        $parts := [{_lines("$note.said")}, $join($some([{pairs.format("$note.facts", "value")},
            {pairs.format("$note.links", "url")}]), {_BREAK}), {_lines("$note.commands", "$ ")},
            $substring({_lines("$note.lines", "| ")}, -{DATADOG_BLOCK})];
        {{
            'title': $substring($calm($note.title), 0, {SUBJECT_LIMIT}),
            'text': $substring($replace($calm({_PARTS}), '%%%', '%%'), 0, {DATADOG_TEXT}),
            'alert_type': $lookup({literal(LEVELS)}, $n.kind),
            'source_type_name': 'batchwright',
            'aggregation_key': {literal(project + "/")} & $n.stage & '/' & $n.batch,
            'tags': {datadog_tags(project)}
        }} )""",
    )
