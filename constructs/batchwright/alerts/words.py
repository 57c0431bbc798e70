"""Functions of JSONata that the machine's expressions share, each the same as one of Python in the contract. Pure."""

from batchwright.automation.jsonata import block, literal
from batchwright_runner.contract.notices.text import BREAKS, CONTROLS, LINE_LIMIT, SPACE
from batchwright_runner.contract.stop_reasons import EXIT_CODES, REASONS
from batchwright_runner.contract.verdicts import ROWS, Row, name, word

EXIT = name(Row.OWN, 0).removesuffix("0")
NAMED = {name(row, 0): row for row in ROWS if row not in (Row.OWN, Row.SIGNAL)}
"""Name to row; of the two that are called Stopped, the one that no runner's signal has led to."""
_CODES = literal({one: ROWS[row].code for one, row in NAMED.items()})
_MEANINGS = literal({str(code): text for code, text in EXIT_CODES.items()})

WORDS = {
    "clean": "function($text) { $replace($replace($replace($text, '\\t', ' '), '\\n', ' '), /" + CONTROLS + "/, '') }",
    "line": "function($text) { $trim($text) }",
    "calm": f"function($text) {{ $replace($text, '@', {literal('@' + SPACE)}) }}",
    "chat": (
        "function($text) { $calm($replace($replace($replace($replace($text, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), "
        "'`', \"'\")) }"
    ),
    "two": "function($number) { $pad($string($number), -2, '0') }",
    "took": (
        "function($seconds) { ( $h := $floor($seconds / 3600); $m := $floor($seconds % 3600 / 60); "
        "$s := $seconds % 60; $h > 0 ? $string($h) & 'h' & $two($m) & 'm' : "
        "$m > 0 ? $string($m) & 'm' & $two($s) & 's' : $string($s) & 's' ) }"
    ),
    "at": ("function($iso) { $iso = '' ? '' : $substring($iso, 0, 10) & ' ' & $substring($iso, 11, 5) & ' UTC' }"),
    "some": "function($list) { [$filter($list, function($one) { $one != '' })] }",
    "last": ("function($list, $most) { [$filter($list, function($one, $at, $all) { $at >= $count($all) - $most })] }"),
    "lines": (
        "function($messages, $most) { $most = 0 ? [] : $last([$filter($reduce([$messages], function($all, $one) { "
        f"$append($all, [$map([$split($one, /{BREAKS}/)], function($part) {{ $substring($clean($part), 0, {LINE_LIMIT})"
        " })]) }, []), function($one) { $one != '' })], $most) }"
    ),
    "iso": "function($at) { $substring($fromMillis($at), 0, 19) & 'Z' }",
    "twice": "function($text) { $replace($encodeUrlComponent($encodeUrlComponent($text)), '%', '$') }",
    "coded": (
        f"function($name) {{ ( $own := $substring($name, {len(EXIT)}); "
        f"$substring($name, 0, {len(EXIT)}) = {literal(EXIT)} and $contains($own, /^[0-9]{{1,3}}$/) "
        f"and $number($own) < 256 ? {{ 'name': $name, 'code': $number($own) }} : "
        f"$exists($lookup({_CODES}, $name)) ? {{ 'name': $name, 'code': $lookup({_CODES}, $name) }} : "
        f"{{ 'name': {literal(name(Row.NO_RESULT, 0))}, 'code': {ROWS[Row.NO_RESULT].code} }} ) }}"
    ),
    "phrase": (
        f"function($name) {{ $substring($name, 0, {len(EXIT)}) = {literal(EXIT)} ? "
        f"{literal(ROWS[Row.OWN].phrase)} : "
        f"$lookup({literal({one: ROWS[row].phrase for one, row in NAMED.items()})}, $name) }}"
    ),
    "word": (
        f"function($name, $code) {{ $substring($name, 0, {len(EXIT)}) = {literal(EXIT)} ? "
        f"($code = 0 ? {literal(word(Row.OWN, 0))} : {literal(ROWS[Row.OWN].word + ' ')} & $string($code)) : "
        f"$lookup({literal({one: ROWS[row].word for one, row in NAMED.items()})}, $name) }}"
    ),
    "meaning": (
        "function($reason) { ( $text := $lowercase($reason); $filter($reasons, function($rule) { "
        "$count($filter([$rule.texts], function($part) { $contains($text, $part) })) = $count([$rule.texts]) })[0] ) }"
    ),
    "advice": (
        f"function($name, $code, $reason) {{ ( $own := $substring($name, 0, {len(EXIT)}) = {literal(EXIT)}; "
        f"$name = {literal(name(Row.OWN, 0))} or $name = {literal(name(Row.USAGE, 0))} ? '' : "
        "( $found := $meaning($reason); $exists($found) ? $found.advice : "
        f"$own and $exists($lookup({_MEANINGS}, $string($code))) ? $lookup({_MEANINGS}, $string($code)) : '' ) ) }}"
    ),
}
"""Name to function, each after those that it calls."""
CALLS = {
    "chat": ("calm",),
    "took": ("two",),
    "lines": ("clean", "last"),
    "advice": ("meaning",),
}
REASON_RULES = [{"texts": list(one.parts), "advice": one.advice, "passes": one.temporary} for one in REASONS]
"""What AWS's reasons mean: the variable ``$reasons``."""


def saying(*words: str, then: str) -> str:
    """A block that defines functions, and an expression that calls them.

    Args:
        words: Names of the functions; those that they call come with them.
        then: The expression.
    """
    wanted = {*words}
    while more := {called for one in wanted for called in CALLS.get(one, ())} - wanted:
        wanted |= more
    return block(*(f"${one} := {WORDS[one]}" for one in WORDS if one in wanted), then)
