"""Command lines as a shell reads them: words, simple commands, and values that a scheduler fills in. Pure."""

import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from batchwright_runner.contract.checks import VARIABLE

_OPTION = re.compile(
    r"\$\{(?:unquoted)?option\.(?P<a>[\w.-]+?)(?:\.value)?\}|@option\.(?P<b>[\w.-]+?)(?:\.value)?@"
    r"|\$\{?RD_OPTION_(?P<c>\w+)\}?"
)
"""How a command of Rundeck names a value of the run (Rundeck's manual, "Job options", 2026-11)."""

_SEPARATORS = frozenset({"&&", ";", "||", "|", "&", "|&", ";;"})
_REDIRECT = re.compile(r"[0-9]*(>[>|]?|<{1,3}-?|>&|<&|&>>?)")
_WORD = r"""'[^']*'|"(?:\\.|[^"\\])*"|\\."""
"""What is quoted in a line."""
_QUOTES = re.compile(rf"{_WORD}|[^'\"\\]+", re.DOTALL)
_COMMENT = re.compile(rf"({_WORD})|(?:(?<=\s)|^)#[^\n]*", re.MULTILINE | re.DOTALL)
_KEPT = re.compile(r"""\s*\w+=(?P<quote>"?)\$\((?P<command>.*)\)(?P=quote)\s*""", re.DOTALL)
"""A line that keeps what a command prints in a variable."""
_BRACES = re.compile(r"\$\{([A-Za-z_]\w*)\}(?!\w)")
SHELLS = ("sh", "bash", "dash", "ash", "zsh")
"""Programs that read a command line."""
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./\[\]{}^~-]+")


class WordsError(ValueError):
    """A command line cannot be read. The message says why."""


@dataclass(frozen=True, slots=True)
class Simple:
    """One command of a command line.

    Attributes:
        words: Its words, without redirections.
        joined: What stands between it and the one before: ``&&``, ``|``, ``;``; empty for the first.
        redirected: Its redirections: ``>>`` and where it goes.
    """

    words: Sequence[str]
    joined: str = ""
    redirected: Sequence[tuple[str, str]] = ()


def program(word: str) -> str:
    """The name of a program, without the folder it is in."""
    return word.rpartition("/")[2]


def split(text: str) -> list[str]:
    """The words of a command.

    Raises:
        WordsError: A quote is not closed.
    """
    try:
        return shlex.split(text)
    except ValueError as error:
        raise WordsError(f"{text!r} cannot be read as a command: {str(error).lower()}") from error


def simple_commands(text: str) -> list[Simple]:
    """The commands of a line or a script, one after the other.

    Raises:
        WordsError: A quote is not closed.
    """
    found: list[Simple] = []
    for whole in _lines(text):
        kept = _KEPT.fullmatch(whole)
        line = kept["command"] if kept else whole
        try:
            lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;<>")
            lexer.whitespace_split = True
            lexer.commenters = ""
            tokens = list(lexer)
        except ValueError as error:
            raise WordsError(f"{line!r} cannot be read as a command: {str(error).lower()}") from error
        found += _group(tokens)
    return found


def without_comments(text: str) -> str:
    """A script without its comments, in which no line goes on in the next."""
    return re.sub(r"\\\r?\n", " ", _COMMENT.sub(lambda match: match[1] or "", text))


def has_options(text: str) -> bool:
    """Whether a text holds a value of the run."""
    return _OPTION.search(text) is not None


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

    Args:
        words: The command.
        blank: The options that may have no value: a word that is nothing else then is no word at all.
    """
    if len(words) == 3 and words[0].rpartition("/")[2] in SHELLS and words[1] in ("-c", "-lc", "-ec", "-eu", "-euc"):
        return [*words[:2], _QUOTES.sub(_in_shell, words[2])]
    if not any(map(has_options, words)):
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
    if not has_options(word):
        return word if _PLAIN.fullmatch(word) else shlex.quote(word)
    if _is_blank(word, blank):
        return _OPTION.sub(lambda match: f"${variable_of(_name(match))}", word)
    parts, end = [], 0
    for match in _OPTION.finditer(word):
        apart = '""' if re.match(r"\w", word[match.end() :]) else ""
        parts += [_escaped(word[end : match.start()]), f"${variable_of(_name(match))}{apart}"]
        end = match.end()
    return '"' + "".join(parts) + _escaped(word[end:]) + '"'


def _escaped(text: str) -> str:
    return re.sub(r'([\\"$`])', r"\\\1", text)


def _name(match: "re.Match[str]") -> str:
    return match["a"] or match["b"] or match["c"].lower()


def _lines(text: str) -> list[str]:
    """The lines of a script, without comments; a line that goes on is one line, and so is a quote that does."""
    lines: list[str] = []
    open_line = ""
    for line in without_comments(text).splitlines():
        whole = f"{open_line}\n{line}" if open_line else line
        if not whole.strip():
            continue
        try:
            shlex.split(whole)
        except ValueError:
            open_line = whole
            continue
        lines.append(whole)
        open_line = ""
    return [*lines, open_line] if open_line else lines


def _group(tokens: Sequence[str]) -> list[Simple]:
    found: list[Simple] = []
    words: list[str] = []
    redirected: list[tuple[str, str]] = []
    joined = ""
    rest = iter(tokens)
    for token in rest:
        if token in _SEPARATORS:
            if words:
                found.append(Simple(tuple(words), joined, tuple(redirected)))
            words, redirected, joined = [], [], token
        elif _REDIRECT.fullmatch(token):
            if words and words[-1] in ("1", "2"):
                token = words.pop() + token
            redirected.append((token, next(rest, "")))
        else:
            words.append(token)
    return [*found, Simple(tuple(words), joined, tuple(redirected))] if words else found
