"""The words of a command line that is nothing but words to every shell, with values of the run in it. Pure."""

import re
import shlex
from collections.abc import Sequence

from batchwright_runner.contract.checks import VARIABLE

_RUN = r"\$\{(?:unquoted)?option\.[\w.-]+\}|@option\.[\w.-]+@|\$\{RD_OPTION_\w+\}|\$RD_OPTION_\w+"
"""How a command of Rundeck names a value of the run (Rundeck's manual, "Job options", 2026-11)."""
_OPTION = re.compile(_RUN)
_SINGLE = r"'(?:(?!\$\{?RD_OPTION_)[^'])*+'"
_PIECE = rf"""{_SINGLE}|"(?:\\[^\n]|{_RUN}|[^"\\$`])*+"|\\[^\w\s]|{_RUN}|[\w@%+=:,./\[\]^#\x80-\U0010ffff-]"""
_WORD = re.compile(rf"(?!#)((?:{_PIECE})++)(?:[ \t]+|\Z)")
_LITERAL = re.compile(rf"""((?:{_SINGLE}|"(?:\\.|[^"\\])*+"|{_PIECE}|[*?~{{}}!$])++)(?:\s+|\Z)""")
"""A word for a program that splits a text and fills nothing in."""
_PARTS = re.compile(rf"""{_SINGLE}|"(?:\\.|[^"\\])*+"|\\.|{_RUN}|.""", re.DOTALL)
_TEXTS = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^'"\\]+""", re.DOTALL)
_BRACES = re.compile(r"\$\{([A-Za-z_]\w*)\}(?!\w)")
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./\[\]{}^~-]+")
SHELLS = ("sh", "bash", "dash", "ash", "zsh")
"""Programs that read a command line."""
UNQUOTED = "${unquotedoption."
"""How a value of the run begins that is no word where it is empty, and several where it holds blanks."""


class WordsError(ValueError):
    """A command line cannot be read. The message says why."""


def program(word: str) -> str:
    """The name of a program, without the folder it is in."""
    return word.rpartition("/")[2]


def plain_words(text: str, *, literal: bool = False) -> list[str] | None:
    """The words of a line in which a shell reads nothing else; ``None`` for any other line.

    `literal`: a program splits the line, and fills nothing in.
    """
    words, at, text = list[str](), 0, text.strip()
    while at < len(text):
        match = (_LITERAL if literal else _WORD).match(text, at)
        if match is None:
            return None
        words.append(_PARTS.sub(_bare, match[1]))
        at = match.end()
    return words


def _bare(match: re.Match[str]) -> str:
    """A part of a word as the program gets it; a value of the run says whether it was quoted."""
    part = match[0]
    if part[0] in "\"'":
        quoted = _OPTION.sub(lambda inner: f"${{option.{_name(inner[0])}}}", part[1:-1])
        return re.sub(r'\\(["\\$`])', r"\1", quoted) if part[0] == '"' else quoted
    if part[0] == "\\":
        return part[1:]
    return f"{UNQUOTED}{_name(part)}}}" if _OPTION.fullmatch(part) else part


def shell_line(words: Sequence[str]) -> str:
    """The line that words give a shell, ``bash -l -c LINE``; empty where they are no such call."""
    shell = (
        len(words) > 2 and program(words[0]) in SHELLS and re.fullmatch(r"(-[a-z]+ )*-[a-z]*c", " ".join(words[1:-1]))
    )
    return words[-1] if shell else ""


def options_in(words: Sequence[str]) -> list[str]:
    """The options whose values some words hold, each once."""
    return list(dict.fromkeys(_name(option) for word in words for option in _OPTION.findall(word)))


def with_option(text: str, option: str, value: str) -> str:
    """A text in which the value of one option is filled in."""
    return _OPTION.sub(lambda match: value if _name(match[0]).lower() == option.lower() else match[0], text)


def with_own_names(text: str, options: Sequence[str]) -> str:
    """A text that names options as they are written: Rundeck's variables are in capitals, ``RD_OPTION_TARGETDATE``."""
    own = {option.upper(): option for option in options}

    def named(match: re.Match[str]) -> str:
        return f"${{option.{own[match[1]]}}}" if match[1] in own else match[0]

    return re.sub(r"'[^']*'|\$\{?RD_OPTION_(\w+)\}?", named, text)


def variable_of(option: str) -> str:
    """The variable that carries an option: its own name where that can be one."""
    return option if VARIABLE.fullmatch(option) else re.sub(r"\W", "_", f"_{option}" if option[0].isdigit() else option)


def in_container(words: Sequence[str]) -> list[str]:
    """A command with the values of a run, as a container runs it: through its shell, which knows the variables.

    Braces are left out wherever they can be: CloudFormation's checks take ``${name}`` for a parameter of the template.
    """
    if script := shell_line(words):
        return [*words[:-1], _TEXTS.sub(_in_shell, script)]
    if not options_in(words):
        return list(words)
    # Without separators a value with spaces stays one word, and an empty one is none.
    start = "set -f; IFS=; " if any(map(_is_unquoted, words)) else ""
    return ["sh", "-c", f"{start}exec " + " ".join(map(_quoted, words))]


def _in_shell(part: re.Match[str]) -> str:
    """A part of a text for a shell, which fills in nothing between single quotes."""
    text = part[0]
    if not text.startswith("'"):
        return _BRACES.sub(r"$\1", _OPTION.sub(lambda match: _value(match, text), text))
    return _OPTION.sub(lambda match: f"'\"{_value(match, '')}\"'", text)


def _value(match: re.Match[str], text: str) -> str:
    """The value of an option inside a text for a shell."""
    name = variable_of(_name(match[0]))
    return f"$(printenv {name})" if re.match(r"\w", text[match.end() :]) else f"${name}"


def _is_unquoted(word: str) -> bool:
    return word.startswith(UNQUOTED) and _OPTION.fullmatch(word) is not None


def _quoted(word: str) -> str:
    """A word for the shell of a container."""
    if not options_in([word]):
        return word if _PLAIN.fullmatch(word) else shlex.quote(word)
    if _is_unquoted(word):
        return f"${variable_of(_name(word))}"
    parts, end = [], 0
    for match in _OPTION.finditer(word):
        separator = '""' if re.match(r"\w", word[match.end() :]) else ""
        parts += [_escaped(word[end : match.start()]), f"${variable_of(_name(match[0]))}{separator}"]
        end = match.end()
    return '"' + "".join(parts) + _escaped(word[end:]) + '"'


def _escaped(text: str) -> str:
    return re.sub(r'([\\"$`])', r"\\\1", text)


def _name(option: str) -> str:
    """The name of an option, of what names its value."""
    if "RD_OPTION_" in option:
        return option.rpartition("RD_OPTION_")[2].strip("}").lower()
    return option.partition("option.")[2].strip("}@").removesuffix(".value")
