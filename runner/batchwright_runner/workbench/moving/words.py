"""Command lines as a shell reads them: words, simple commands, and values that a scheduler fills in. Pure."""

import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from batchwright_runner.contract.checks import VARIABLE

_OPTION = re.compile(
    r"\$\{(?:unquoted)?option\.(?P<a>[\w.-]+?)(?:\.value)?\}|@option\.(?P<b>[\w.-]+?)(?:\.value)?@"
    r"|\$\{?RD_OPTION_(?P<c>\w+)\}?"
)
"""How a command of Rundeck names a value of the run (Rundeck's manual, "Job options", 2026-11)."""

QUOTED = r"""'[^']*'|"(?:\\.|[^"\\])*"|\\."""
"""What is quoted in a line."""
_QUOTES = re.compile(rf"{QUOTED}|[^'\"\\]+", re.DOTALL)
_TOKEN = re.compile(
    rf"(?P<left_out>[ \t\r]+)|(?P<redirect>[0-9]*(?:>[>|&]?|<{{1,3}}-?|<&)|&>>?)"
    rf"|(?P<joined>&&|\|\||;;|\|&|[;&|\n])|(?P<word>(?:{QUOTED}|\$\((?:{QUOTED}|[^()'\"\\])*\)|[^\s'\"\\;&|<>])+)",
    re.DOTALL,
)
"""What a shell tells apart in a script (POSIX, "Shell Command Language", 2.3)."""
_COMMENT = re.compile(rf"({QUOTED})|(?<!\S)#[^\n]*", re.DOTALL)
_KEPT = re.compile(r"""\w+=(?P<quote>"?)\$\((?P<command>.*)\)(?P=quote)""", re.DOTALL)
"""A word that keeps what a command prints in a variable."""
_CERTAIN = re.compile(r"""(?:'[^']*'|"[^"$`\\!]*\"|[^]'"$`\\(){}[*?#~!])+""")
"""A word that is the same to every shell."""
_BRACES = re.compile(r"\$\{([A-Za-z_]\w*)\}(?!\w)")
SHELLS = ("sh", "bash", "dash", "ash", "zsh")
"""Programs that read a command line."""
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./\[\]{}^~-]+")


class WordsError(ValueError):
    """A command line cannot be read. The message says why."""


@dataclass(frozen=True, slots=True)
class SimpleCommand:
    """One command of a command line."""

    words: Sequence[str]
    # What stands between it and the one before: ``&&``, ``|``, ``;``; empty for the first
    joined: str = ""
    # Its redirections: ``>>`` and where it goes
    redirected: Sequence[tuple[str, str]] = ()
    # Whether a shell reads nothing in it but words and redirections
    certain: bool = True


def program(word: str) -> str:
    """The name of a program, without the folder it is in."""
    return word.rpartition("/")[2]


def split(text: str) -> list[str]:
    """The words of a command."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise WordsError(f"{text!r} cannot be read as a command: {str(error).lower()}") from error


def simple_commands(text: str) -> list[SimpleCommand]:
    """The commands of a line or a script, in their order; of a word that keeps a command's output, that command."""
    commands: list[SimpleCommand] = []
    joined, into, words, redirected = "", "", list[str](), list[tuple[str, str]]()
    for kind, token in _tokens(f"{without_comments(text)}\n"):
        if kind == "redirect":
            into = token
        elif kind == "word" and into:
            redirected.append((into, _unquoted(token)))
            into = ""
        elif kind == "word":
            words.append(token)
        elif kind == "joined":
            if len(words) == 1 and (captured := _KEPT.fullmatch(words[0])):
                first, *more = simple_commands(captured["command"]) or [SimpleCommand(())]
                commands += [replace(first, joined=joined, certain=False), *more]
            elif words:
                certain = not into and all(map(_CERTAIN.fullmatch, words))
                commands.append(SimpleCommand(tuple(map(_unquoted, words)), joined, tuple(redirected), certain))
            joined, into, words, redirected = (token.strip()), "", [], []
    return commands


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise WordsError(f"{text.strip()!r} cannot be read as a command: no closing quotation")
        yield str(match.lastgroup), match[0]
        at = match.end()


def _unquoted(word: str) -> str:
    """A word as the program gets it."""

    def bare(match: "re.Match[str]") -> str:
        quoted = match[0]
        if quoted[0] == '"':
            return re.sub(r'\\([\\"])', r"\1", quoted[1:-1])
        return quoted[1:-1] if quoted[0] == "'" else quoted[1:]

    return re.sub(QUOTED, bare, word, flags=re.DOTALL)


def without_comments(text: str) -> str:
    """A script without its comments, in which no line goes on in the next."""
    return re.sub(r"\\\r?\n", " ", _COMMENT.sub(lambda match: match[1] or "", text))


def without_options(text: str) -> str:
    """A text without the values of the run that it holds."""
    return _OPTION.sub("", text)


def filled_by_a_shell(words: Sequence[str]) -> list[str]:
    """The words in which the shell that starts a task fills something in: no container does."""
    return [word for word in words if re.search(r"\$[A-Za-z0-9_({@*#?!]|`", without_options(word))]


def with_own_names(text: str, options: Sequence[str]) -> str:
    """A text that names options as they are written: Rundeck's variables are in capitals, ``RD_OPTION_TARGETDATE``."""
    for option in options:
        text = re.sub(rf"\$(\{{)?RD_OPTION_{option.upper()}(?(1)\}}|\b)", f"${{option.{option}}}", text)
    return text


def options_in(words: Sequence[str]) -> list[str]:
    """The options whose values some words hold, each once."""
    return list(dict.fromkeys(_name(match) for word in words for match in _OPTION.finditer(word)))


def with_option(text: str, option: str, value: str) -> str:
    """A text in which the value of one option is filled in."""
    return _OPTION.sub(lambda match: value if _name(match).lower() == option.lower() else match[0], text)


def variable_of(option: str) -> str:
    """The variable that carries an option: its own name where that can be one."""
    return option if VARIABLE.fullmatch(option) else re.sub(r"\W", "_", f"_{option}" if option[0].isdigit() else option)


def in_container(words: Sequence[str], blank: Collection[str]) -> list[str]:
    """A command with the values of a run, as a container runs it: through its shell, which knows the variables.

    Braces are left out wherever they can be: CloudFormation's checks take ``${name}`` for a parameter of the template.

    `blank`: the options that may have no value: a word that is nothing else is left out then.
    """
    if len(words) == 3 and words[0].rpartition("/")[2] in SHELLS and words[1] in ("-c", "-lc", "-ec", "-eu", "-euc"):
        return [*words[:2], _QUOTES.sub(_in_shell, words[2])]
    if not options_in(words):
        return list(words)
    # Without separators a value with spaces stays one word, and an empty one is none.
    start = "set -f; IFS=; " if any(_is_blank(word, blank) for word in words) else ""
    return ["sh", "-c", f"{start}exec " + " ".join(_quoted(word, blank) for word in words)]


def _in_shell(part: "re.Match[str]") -> str:
    """A part of a text for a shell, which fills in nothing between single quotes."""
    text = part[0]
    if not text.startswith("'"):
        return _BRACES.sub(r"$\1", _OPTION.sub(lambda match: _value(match, text), text))
    return _OPTION.sub(lambda match: f"'\"{_value(match, '')}\"'", text)


def _value(match: "re.Match[str]", text: str) -> str:
    """The value of an option inside a text for a shell."""
    name = variable_of(_name(match))
    return f"$(printenv {name})" if re.match(r"\w", text[match.end() :]) else f"${name}"


def _is_blank(word: str, blank: Collection[str]) -> bool:
    """Whether a word is nothing but an option that may have no value."""
    whole = _OPTION.fullmatch(word)
    return whole is not None and variable_of(_name(whole)) in blank


def _quoted(word: str, blank: Collection[str]) -> str:
    """A word for the shell of a container."""
    if not options_in([word]):
        return word if _PLAIN.fullmatch(word) else shlex.quote(word)
    if _is_blank(word, blank):
        return _OPTION.sub(lambda match: f"${variable_of(_name(match))}", word)
    parts, end = [], 0
    for match in _OPTION.finditer(word):
        separator = '""' if re.match(r"\w", word[match.end() :]) else ""
        parts += [_escaped(word[end : match.start()]), f"${variable_of(_name(match))}{separator}"]
        end = match.end()
    return '"' + "".join(parts) + _escaped(word[end:]) + '"'


def _escaped(text: str) -> str:
    return re.sub(r'([\\"$`])', r"\\\1", text)


def _name(match: "re.Match[str]") -> str:
    return match["a"] or match["b"] or match["c"].lower()
