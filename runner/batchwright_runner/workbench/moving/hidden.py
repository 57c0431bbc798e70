"""What looks like a secret: it is copied into no declaration, comment or message. Pure."""

import re
from collections.abc import Collection
from itertools import count

_WORDS = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secrets?|tokens?|credentials?|webhooks?|(?:api|access|private|auth)?[_-]?keys?)"
)
_NAME = re.compile(
    r"(?:.*_)?(?:PASS(?:WORD|WD|PHRASE)?|PWD|SECRET|TOKEN|CREDENTIALS?|WEBHOOK|PW"
    r"|(?:API|ACCESS|PRIVATE|SECRET|AUTH|MASTER|LICENSE|ENCRYPTION|SIGNING|DEPLOY|SSH)_?KEY)(?:_ID|_BASE|_URL)?",
    re.IGNORECASE,
)
"""What variables of secrets are called: ``DB_PASSWORD``, ``SLACK_WEBHOOK_URL``; not ``TOKEN_TTL``."""
_VALUE = re.compile(
    r"(?<=://)[^\s/:@'\"]*:[^\s/@'\"]+(?=@)"  # postgres://user:password@host
    r"|(?<=://)(?:hooks\.|discord(?:app)?\.com/api/webhooks|[\w.-]+\.webhook\.|chat\.googleapis\.|[^\s'\"]*webhook)[^\s'\"]*"
    r"|(?<=[?&])(?:token|key|sig|signature|secret|code|access_token|api_?key)=[^\s&'\"]+"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bxox[a-z]-[\w-]+|\bgh[a-z]_\w{16,}|\bgithub_pat_\w+|\bsk_(?:live|test)_\w+"
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*|(?i:(?<=bearer )|(?<=basic ))[^\s'\"$]+|-----BEGIN [\s\S]+"
)
_SAID = re.compile(
    r"(?P<key>(?<![\w.-])(?!(?-i:[a-z_-]+(?::[a-z_-]+){1,9})(?![^\s\[\"',;]))"  # tokens:purge is a task
    rf"[\w.-]*{_WORDS}\w{{0,80}}(?:[\"']?\s*=|[\"']\s*:|\s*(?<![dknty]s):)\s*"  # and "old tokens: all" is prose
    rf"|[\"']name[\"']\s*:\s*[\"']\w*{_WORDS}\w{{0,80}}[\"']\s*,\s*[\"']value[\"']\s*:\s*"  # as ECS writes variables
    rf"|(?<!\S)--?[\w-]*{_WORDS}\s+(?!-)|\bmysql[^|;&]*?\s-p(?=[^\s$])"
    r"|\b(?:curl|wget)\b[^|;&]*?\s(?:-u|--user)[ =](?=\S*:)|\bsshpass\s+-p\s*|\bredis-cli\b[^|;&]*?\s-a\s+)"
    r"(?P<value>\"[^\"$]+\"|'[^'$]+'|(?![\[{\"'$])[^\s,;&})\]\"'$]+)(?=[\s,;&})\]\"']|$)",
    re.IGNORECASE,
)
"""A key and its value: ``"webhook_token": "…"``, ``--password=…``, ``API_KEY=…``."""
_ADDRESS = re.compile(r"(https?://[^\s/'\"]+/)[^\s'\"]+")
CUT = "…"


def is_secret(name: str, value: str) -> bool:
    """Whether a variable's value looks like a secret, by its name or by itself."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return bool(value) and "$" not in value and bool(_NAME.fullmatch(snake) or _VALUE.search(value))


def without_secrets(text: str, taken: Collection[str] = ()) -> tuple[str, dict[str, str]]:
    """A command line in which a value of the run stands in each secret's place, and the secrets by its name."""
    values: dict[str, str] = {}

    def stand_in(key: str, value: str) -> str:
        names = [name for name in re.findall(r"[A-Za-z][\w-]*", key) if re.search(_WORDS, name, re.IGNORECASE)]
        name = re.sub(r"\W", "_", names[-1]).upper() if names else "SECRET"
        bare = value.strip("\"'")
        free = (f"{name}_{number}" if number > 1 else name for number in count(1))
        name = next(own for own in free if own not in taken and values.setdefault(own, bare) == bare)
        return f'"${{option.{name}}}"' if value[:1] in ("'", '"') else f"${{option.{name}}}"

    text = _SAID.sub(lambda match: f"{match['key']}{stand_in(match['key'], match['value'])}", text)
    return _VALUE.sub(lambda match: stand_in("", match[0]), text), values


def as_message(text: str) -> str:
    """A text of a source as a message may quote it."""
    return _SAID.sub(lambda match: f"{match['key']}{CUT}", _VALUE.sub(CUT, text))


def as_comment(text: str) -> str:
    """A text of a source as a comment may quote it: of an address the host, of a key no value."""
    return as_message(_ADDRESS.sub(rf"\1{CUT}", _VALUE.sub(CUT, text)))
