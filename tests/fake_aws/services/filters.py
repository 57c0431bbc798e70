"""The part of CloudWatch Logs' filter patterns that is known here; any other pattern is an error, not a guess."""

import json
import re
from collections.abc import Callable

from tests.fake_aws.errors import AwsError

Match = Callable[[str], bool]

TERM = re.compile(r'\s*(-?)(?:"((?:[^"\\]|\\.)*)"|([\w./:@+-]+))')
CLAUSE = re.compile(r'\s*\$((?:\.\w+|\[\d+\])+)\s*(=|!=)\s*(?:"((?:[^"\\]|\\.)*)"|([\w.*-]+))\s*')


def matcher(pattern: str) -> Match:
    """A predicate for messages.

    Known are: nothing; terms, all of which must occur, a leading ``-`` for must not; and ``{ $.a.b = "x*" && ... }``
    with ``=`` and ``!=``, either joined by ``&&`` or by ``||``.
    """
    text = pattern.strip()
    if text.startswith("{") and text.endswith("}"):
        return _json(text[1:-1])
    return _terms(text)


def _terms(text: str) -> Match:
    terms: list[tuple[bool, str]] = []
    at = 0
    while at < len(text):
        match = TERM.match(text, at)
        if not match:
            raise _unknown(text)
        term = match[2] if match[2] is not None else match[3]
        terms.append((not match[1], term.replace('\\"', '"')))
        at = match.end()
    return lambda message: all((term in message) is present for present, term in terms)


def _json(text: str) -> Match:
    both, either = "&&" in text, "||" in text
    if both and either:
        raise _unknown(text)
    clauses = []
    for part in re.split(r"&&|\|\|", text):
        clause = CLAUSE.fullmatch(part)
        if not clause:
            raise _unknown(text)
        value = clause[3] if clause[3] is not None else clause[4]
        globbed = re.compile(".*".join(re.escape(piece) for piece in value.split("*")))
        clauses.append((re.findall(r"\w+", clause[1]), clause[2] == "=", globbed))
    choose = any if either else all

    def match(message: str) -> bool:
        try:
            data = json.loads(message)
        except ValueError:
            return False
        return choose(
            (value is not None and bool(globbed.fullmatch(_text(value)))) is equal
            for path, equal, globbed in clauses
            for value in [_at(data, path)]
        )

    return match


def _at(data: object, path: list[str]) -> object:
    for key in path:
        if isinstance(data, list) and key.isdigit() and int(key) < len(data):
            data = data[int(key)]
        elif isinstance(data, dict):
            data = data.get(key)
        else:
            return None
    return data


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _unknown(pattern: str) -> AwsError:
    return AwsError("InvalidParameterException", f"Invalid filter pattern, or one this server does not know: {pattern}")
