"""What a job starts, read from its command line: ecs-task, the AWS CLI, or a team's own wrapper. Pure."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace

from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.moving.host_line import is_log, read_lock, simple_words, time_limit
from batchwright_runner.workbench.moving.jobs import JobStep, Todo
from batchwright_runner.workbench.moving.stages import is_usual
from batchwright_runner.workbench.moving.starters import family_of, is_runner, read_starter
from batchwright_runner.workbench.moving.words import (
    QUOTED,
    SimpleCommand,
    WordsError,
    filled_by_a_shell,
    options_in,
    program,
    simple_commands,
    split,
    without_comments,
    without_options,
)

GROUPS = ("family", "name", "command", "stage")
"""The groups that a pattern of a wrapper may have."""

_COMPANIONS = ("aws ecs wait ", "aws ecs describe-tasks ", "aws ecs list-tasks ", "aws logs ", "set ", "cd ", "echo ")
"""Commands beside the one that starts the task: they wait for it, or show its log."""
_AFTERWARDS = ("[ ", "[[ ", "test ", "exit ", "true ", ": ")
"""Those that look at its end or give its code; before the start they would decide whether there is one."""
_FILTERS = frozenset({"awk", "cat", "cut", "grep", "head", "jq", "logger", "sed", "tail", "tee", "tr"})
"""Programs that only show what is piped into them."""
_STARTS = re.compile(
    r"(?:^|[\s/;&|(`'\"])(?:ecs-task\s[^\n]*\brun\b|aws\s[^\n;|&]*\becs\s+run-task\b|batchwright\s+run\b)"
)
"""Something that starts a task, wherever it stands."""

DECLARE_IT = ": a batch only starts it. Move the rest into the program, or declare the batch by hand"
OF_WRAPPER = "the wrapper got this variable: does the container?"
_PREFIXES = ("exec", "nohup", "time", "command")
_WRAPS = ("sudo", "docker", "podman", "aws-vault", "chamber", "timeout", "flock", "nice", "ionice", "env")
_MANY = frozenset({"xargs", "parallel", "watch", "find", "ssh", "su", "sh", "bash"})
"""Programs that start another one several times, elsewhere, or from a line of its own."""
_ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)


def check_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of a team's own wrapper, checked."""
    try:
        compiled = re.compile(pattern, re.MULTILINE)
    except re.error as error:
        raise UsageError(f"--step {pattern!r} is not a regular expression: {error}", hint="Correct it") from error
    groups = set(compiled.groupindex)
    if groups - set(GROUPS):
        wrong = ", ".join(sorted(groups - set(GROUPS)))
        raise UsageError(f"--step {pattern!r} has the group {wrong}", hint=f"Allowed: {', '.join(GROUPS)}")
    if not groups & {"family", "name"}:
        raise UsageError(
            f"--step {pattern!r} does not say what is run", hint="Name a group: (?P<family>…), or (?P<name>…)"
        )
    return compiled


def propose_step(text: str) -> str:
    """A pattern for the wrapper that a command line calls, which reads that line; empty where none does."""
    try:
        words = split(text.strip().partition("\n")[0])
    except WordsError:
        return ""
    parts, groups = [re.escape(program(words[0])).replace(r"\-", "-")] if words else [], ["family", "command"]
    for word in words[1:]:
        flag, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
        if flag and not equals:
            parts.append(flag)
        elif is_usual(value) and "(?P<stage>" not in " ".join(parts):
            parts.append(f"{flag}{equals}(?P<stage>\\S+)")
        elif groups:
            parts.append(f"{flag}{equals}(?P<{groups[0]}>{'.+' if groups[0] == 'command' else chr(92) + 'S+'})")
            groups = groups[1:]
            if not groups:
                break
    pattern = " ".join(parts)
    try:
        read = read_step(text, [check_pattern(pattern)])
    except (UsageError, WordsError):
        return ""
    return pattern if read and read.family else ""


def read_step(text: str, patterns: Sequence[re.Pattern[str]] = ()) -> JobStep | None:
    """What a command line or a script starts; ``None`` where nothing in it is known."""
    whole = without_comments(text)
    for pattern in patterns:
        match = pattern.search(whole)
        if match:
            return _of_wrapper(match, whole)
    commands = simple_commands(text)
    for index, command in enumerate(commands):
        words = _bare(command.words)
        step = read_starter(words)
        if step is not None:
            before, after = commands[:index], commands[index + 1 :]
            _refuse_more([*before, SimpleCommand((), command.joined)], after)
            step = _wrapped(step, command.words[: len(command.words) - len(words)], words)
            if program(words[0]) == "aws":
                waits = any(command.words[:3] == ("aws", "ecs", "wait") for command in after)
                step = replace(step, waits=waits, alone=step.alone if waits else "")
            more = (*_shell_filled(step), *_written([command, *after]), *_forgiven(after))
            return replace(step, todos=(*step.todos, *more))
    if _STARTS.search(whole):
        raise WordsError(f"it starts a task among other commands{DECLARE_IT}")
    return None


def _refuse_more(before: Sequence[SimpleCommand], after: Sequence[SimpleCommand]) -> None:
    """Refuses commands that do more than start the task."""
    for at, command in enumerate([*before, *after]):
        words = [word for word in command.words if not _ASSIGNED.fullmatch(word)]
        shows = command.joined == "|" and words and program(words[0]) in _FILTERS and "-q" not in words
        allowed = _COMPANIONS if at < len(before) else (*_COMPANIONS, *_AFTERWARDS)
        if words and not shows and not f"{' '.join(words)} ".startswith(allowed):
            raise WordsError(f"beside the start of a task it has {' '.join(command.words)!r}{DECLARE_IT}")
    if any(command.joined in ("||", "|") for command in before):
        raise WordsError(f"what stands before the start of a task decides whether there is one{DECLARE_IT}")


def _wrapped(step: JobStep, before: Sequence[str], words: Sequence[str]) -> JobStep:
    """A step with what the programs before its command do to it: a lock, and a time limit."""
    bare = _bare(before)
    if (bare and program(bare[0]) not in _WRAPS) or any(program(word) in _MANY for word in before):
        raise WordsError(f"{shlex.join(before)!r} stands before the start of a task{DECLARE_IT}")
    locks = [lock for at in range(len(before)) if (lock := read_lock(before[at:]))]
    # The AWS CLI only begins a task: what ends the one does not end the other.
    limits = [step.timeout, time_limit(before) if program(words[0]) != "aws" else None]
    regions = [word.partition("=")[2] for word in before if re.match("AWS_(DEFAULT_)?REGION=", word)]
    return replace(
        step,
        timeout=min((limit for limit in limits if limit), default=None),
        alone=next((lock.file for lock in locks if lock.gives_up), ""),
        region=step.region or next(iter(regions), ""),
        todos=(*step.todos, *(todo for lock in locks for todo in lock.todos)),
    )


def _shell_filled(step: JobStep) -> list[Todo]:
    """What the host's shell filled in, or split, before the task was started."""
    texts = [*(step.command or ()), *step.environment.values()]
    advice = "the host's shell filled it in, and no container does: an option, or the program's own doing"
    several = "a value with spaces was several words there; it is one here"
    which = "the host's shell filled it in: which is it?"
    ofvalue = "a value of the run: the program finds it in a variable of its own, and this one is not filled in"
    return [
        *(Todo("command", word, advice) for word in filled_by_a_shell(texts)),
        *(Todo("stage", word, which) for word in filled_by_a_shell([step.stage])),
        *(
            Todo(f"environment.{name}", value, ofvalue)
            for name, value in step.environment.items()
            if options_in([value])
        ),
        *(Todo("command", word, several) for word in texts if "${unquotedoption." in word),
    ]


def _forgiven(after: Sequence[SimpleCommand]) -> list[Todo]:
    """Commands that gave another code than the task's: ``|| true``, ``; exit 0``."""
    advice = "the job succeeded whatever the task's code was; a batch fails with it"
    return [
        Todo("command", " ".join(filter(None, (command.joined, *command.words))), advice)
        for command in after
        if command.words[:2] == ("exit", "0")
        or (command.joined == "||" and command.words[:1] != ("exit",))
        or command.words[:1] in (("true",), (":",))
    ]


def _of_wrapper(match: re.Match[str], text: str) -> JobStep:
    groups = {name: (value or "").strip("\"'" * (name != "command")) for name, value in match.groupdict().items()}
    before = re.sub(r"[\w.~/-]*/\Z", "", text[: match.start()])  # the folder of the wrapper's program
    prefix = re.split(r"\n|[&|;]+", before)[-1]
    joined = re.search(r"[&|;]*\s*\Z", before.removesuffix(prefix))
    same, _, below = text[match.end() :].partition("\n")
    rest = simple_commands(same)
    command_text = groups.get("command", "").strip()
    command, *others = simple_commands(command_text) or [SimpleCommand(())]
    others += [*(rest if rest and rest[0].joined else rest[1:]), *simple_commands(below)]
    _refuse_more(
        [*simple_commands(before.removesuffix(prefix)), SimpleCommand((), joined[0].strip() if joined else "")], others
    )
    first = re.split(r"\s*(?:[&|;\n]|\d?>)", command_text)[0] if others else command_text
    words, todos = _wrapper_command(command.words, first)
    step = JobStep(
        family=family_of(groups.get("family", "") or groups.get("name", "")),
        name=groups.get("name", ""),
        stage=groups.get("stage", ""),
        command=words,
        todos=(*todos, *_written([command, *others]), *_forgiven(others)),
    )
    beside = [Todo("step", same.strip(), "it follows what --step matches")] if rest and not rest[0].joined else []
    own = [word for word in split(prefix) if _ASSIGNED.fullmatch(word) and not word.startswith("AWS_")]
    beside += [Todo("environment", word, OF_WRAPPER) for word in own]
    wrapped = _wrapped(step, split(prefix), ["wrapper"])
    return replace(wrapped, todos=(*wrapped.todos, *beside, *_shell_filled(wrapped)))


def _wrapper_command(words: Sequence[str], text: str) -> tuple[tuple[str, ...] | None, list[Todo]]:
    """A command that a wrapper was given, as words or as one word that a shell splits."""
    if len(words) == 1 and re.search(r"\s", words[0]):
        line = words[0]
        bare = without_options(line)
        if simple_words(re.sub(r"[][]", "", bare)) or not bare.strip():
            return tuple(split(line)), []
        return ("sh", "-c", line), [Todo("command", line, "a shell reads it: does the wrapper give it to one?")]
    if filled_by_a_shell(words):  # whole, for the container's shell, which does not know the host
        return ("sh", "-c", text), []
    if words and (_ASSIGNED.fullmatch(words[0]) or re.search(r"\s", words[0])):
        return tuple(words), [Todo("command", words[0], "no program is called so: a shell of the wrapper's read it")]
    spread = re.search(
        r"""[^\s'"]*[*?~{}()][^\s'"]*""", re.sub(QUOTED, "", without_options(re.split("[;&|<>]", text)[0]))
    )
    advice = "the host's shell replaced it by names of files or by several words"
    return tuple(words) or None, [Todo("command", spread[0], advice)] if spread else []


def _written(commands: Sequence[SimpleCommand]) -> list[Todo]:
    """The files beside logs that the output of some commands went to, or their input came from."""
    advice = "a container's files end with it: a volume, or S3"
    redirected = [pair for command in commands for pair in command.redirected]
    tees = [command.words[1:] for command in commands if command.words[:1] == ("tee",)]
    copied = [word for words in tees for word in words if word[:1] != "-"]
    return [
        Todo("command", f"{into} {target}", advice)
        for into, target in [*redirected, *(("tee", word) for word in copied)]
        if not into.endswith("&") and ("<" in into or not is_log(target))
    ]


def _bare(words: Sequence[str]) -> list[str]:
    """A command without what stands before it: variables, sudo, nice, a container that it runs in."""
    rest = list(words)
    while rest:
        head = program(rest[0])
        if _ASSIGNED.fullmatch(rest[0]) or head in _PREFIXES:
            rest = rest[1:]
        elif head in _WRAPS:
            start = next((index for index, word in enumerate(rest) if _is_start(rest, index, word)), None)
            return rest[start:] if start is not None else rest
        else:
            break
    return rest


def _is_start(words: Sequence[str], index: int, word: str) -> bool:
    name, after = program(word), tuple(words[index + 1 : index + 3])
    if name == "aws":
        return after == ("ecs", "run-task")
    return after[:1] in (("run",), ("runs",)) and is_runner(name, "ecs-task")
