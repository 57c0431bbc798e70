"""The programs that a command line starts, behind others too: ``cd /srv && sudo nice -n 5 PROGRAM``. Pure.

Each word that may be a command is one here: what is read wrongly becomes a TODO too many, and nothing is lost.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from batchwright_runner.workbench.moving.words import SHELLS, Simple, WordsError, simple_commands

LOCKS = {"flock": 1, "lckdo": 1, "lockf": 1, "setlock": 1, "with-lock-ex": 1, "lockrun": 0, "solo": 0, "sem": 0}
LOCKS |= {"run-one": 0, "run-this-one": 0, "run-one-constantly": 0, "run-one-until-success": 0, "keep-one-running": 0}
LOCKS |= {"run-one-until-failure": 0, "lockfile": 1, "lockfile-create": 1, "dotlockfile": 1, "shlock": 0}
"""Programs that lock, and how many words stand before the command that they start."""
_KEYWORDS = frozenset({"!", "{", "if", "then", "else", "elif", "while", "until", "do", "time", "coproc"})
_BEHIND = {
    **LOCKS,
    **dict.fromkeys(("sudo", "doas", "env", "nice", "ionice", "nohup", "exec", "command", "builtin", "which"), 0),
    **dict.fromkeys(("setsid", "stdbuf", "unbuffer", "chronic", "cronic", "xargs", "parallel", "watch"), 0),
    **dict.fromkeys(("systemd-run", "systemd-inhibit", "systemd-cat", "caffeinate", "cpulimit", "nsenter"), 0),
    **dict.fromkeys(("unshare", "setpriv", "runuser", "softlimit", "chpst", "strace"), 0),
    **dict.fromkeys(("timeout", "chrt", "taskset", "chroot", "gosu", "su-exec", "setuidgid", "envdir"), 1),
    **dict.fromkeys(("aws-vault", "chamber", "direnv"), 2),
}
"""Programs that start another one, and how many words stand before it, without options."""
_READERS = frozenset({*SHELLS, "su", "runuser", "sg", "flock", "script"})
"""Programs that read a command line: the word after their ``-c``."""
_JOINS = ("env", "watch", "parallel")
"""Programs that take a command line in one word."""
_ASSIGNED = re.compile(r"[A-Za-z_]\w*\+?=.*", re.DOTALL)
_OPTION = re.compile(r"-[A-Za-z]+|--[a-z][a-z-]*")
"""An option whose value may be the next word."""
_READS = re.compile(r"-[A-Za-z]*c|--command")
_BRACKETS = re.compile(r"""\\.|'[^']*'|"(?:\\.|[^"\\])*"|[()]""", re.DOTALL)
"""Brackets, and what hides some."""
_EXECUTES = ("-exec", "-execdir", "-ok", "-okdir")


def heads(command: str) -> Iterator[Sequence[str]]:
    """Each program that a command line may start, with its words; those of a command line in quotes too."""
    for text in texts(command):
        for simple in _commands(text):
            for at in _places(simple.words):
                words = [simple.words[at].lstrip("({"), *simple.words[at + 1 :]]
                unopened = " ".join(words).count(")") - " ".join(words).count("(")
                yield [*words[:-1], re.sub(rf"\){{1,{unopened}}}$", "", words[-1])] if unopened > 0 else words


def texts(command: str) -> Iterator[str]:
    """A command line, and those that it has in quotes for another shell, or in a substitution."""
    yield command
    inner = list(_substituted(command))
    for simple in _commands(command):
        for at in _places(simple.words):
            inner += _read(simple.words[at:])
    for one in inner:
        if one.strip() and len(one) < len(command):
            yield from texts(one)


def program(word: str) -> str:
    """The name of a program, without the folder it is in."""
    return word.strip("(){}").rpartition("/")[2]


def options(words: Sequence[str]) -> Sequence[str]:
    """The options of a program that starts another one: the words before the last that may be that one."""
    behind = _behind(words, 1, _BEHIND.get(program(words[0]), 0))
    return words[1 : max(behind, default=len(words))]


def _commands(text: str) -> Sequence[Simple]:
    """The commands of a text; of one that is cut in the midst of a quote its words."""
    try:
        return simple_commands(text)
    except WordsError:
        words = re.sub(r"[\"']", "", text).split()
        return [Simple(words)] if words else []


def _places(words: Sequence[str]) -> list[int]:
    """Where in a simple command a program may stand."""
    found: set[int] = set()
    open_places = [0]
    while open_places:
        at = open_places.pop()
        if at in found or at >= len(words):
            continue
        word, name = words[at], program(words[at])
        if name == "case":
            open_places.append(at + 3)
        elif word in _KEYWORDS or not name or _ASSIGNED.fullmatch(word) or _is_label(word):
            open_places.append(at + 1)
        else:
            found.add(at)
            if name == "find":
                open_places += [one + 1 for one in range(at, len(words)) if words[one] in _EXECUTES]
            elif name in _KEYWORDS:
                open_places.append(at + 1)
            elif name in _BEHIND:
                open_places += _behind(words, at + 1, _BEHIND[name])
    return sorted(found)


def _is_label(word: str) -> bool:
    """Whether a word is a pattern of ``case``, or the name of a function: ``start)``, ``run()``."""
    return word.endswith(")") and (word.endswith("()") or "(" not in word)


def _behind(words: Sequence[str], at: int, before: int) -> set[int]:
    """Where the command may stand that a program starts.

    Args:
        words: The words.
        at: Where those of the program begin.
        before: How many words stand before the command, without options.
    """
    found, seen, ways = set(), set(), [(at, before)]
    while ways:
        at, before = way = ways.pop()
        if way in seen or at >= len(words):
            continue
        seen.add(way)
        if words[at].startswith("-"):
            ways.append((at + 1, before))
            if _OPTION.fullmatch(words[at]):
                ways.append((at + 2, before))
        elif _ASSIGNED.fullmatch(words[at]):
            ways.append((at + 1, before))
        elif before:
            ways.append((at + 1, before - 1))
        else:
            found.add(at)
    return found


def _read(words: Sequence[str]) -> list[str]:
    """The command lines that a program reads out of its words."""
    name = program(words[0])
    if name == "eval":
        return [" ".join(words[1:])]
    if name in _JOINS:
        return [word for word in words[1:] if " " in word]
    pairs = pairwise(words) if name in _READERS else ()
    return [after for word, after in pairs if _READS.fullmatch(word)]


def _substituted(command: str) -> Iterator[str]:
    """What stands in ``$(…)``, ``<(…)`` and between backquotes; single quotes hide it."""
    quote, at = "", 0
    while at < len(command):
        one, two, end = command[at], command[at : at + 2], at
        if one == "\\" and quote != "'":
            end = at + 1
        elif one in ("'", '"') and quote in ("", one):
            quote = "" if quote else one
        elif one == "`" and quote != "'":
            end = command.find("`", at + 1) if "`" in command[at + 1 :] else len(command)
            yield command[at + 1 : end]
        elif (two == "$(" and quote != "'") or (two in ("<(", ">(") and not quote):
            end = _closing(command, at + 2)
            yield command[at + 2 : end]
        at = end + 1


def _closing(command: str, at: int) -> int:
    """Where the bracket closes that was opened before a place."""
    depth = 1
    for match in _BRACKETS.finditer(command, at):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if not depth:
            return match.start()
    return len(command)
