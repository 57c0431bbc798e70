"""What a command line does: exactly one start of a task, or one command of the host; else it stays whole. Pure."""

import json
import re
import shlex
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any, NoReturn

from batchwright_runner.contract.json_text import parsed
from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.moving.jobs import JobStep, Todo, collect_todos
from batchwright_runner.workbench.moving.sources import TEXT, number, problem
from batchwright_runner.workbench.moving.words import (
    SHELLS,
    UNQUOTED,
    WordsError,
    options_in,
    plain_words,
    program,
    shell_line,
    variable_of,
)

GROUPS = ("family", "name", "command", "stage")
"""The groups that a pattern of a wrapper may have."""

_JOINED = re.compile(r"('[^']*')|\\\r?\n")
_PROLOGUE = re.compile(r"\s*(?:#.*|set -[eux]+(?: ?-?o pipefail)?)?\s*")
_CD = re.compile(r"cd[ \t]+(?P<directory>[\w./@:+-]+|'[^']+')[ \t]*&&[ \t]*")
_INTO = re.compile(r"(?<![ \t])[ \t]+(?:[12]>&[12]|(?:[12]|&)?>>?[ \t]*(?P<file>[\w./@:+-]+))\Z")
_LOG = re.compile(r"/dev/null|/dev/std(out|err)|(.*[^a-z])?logs?([^a-z].*)?|.*\.(log|out|err)", re.IGNORECASE)
"""What only receives log lines: a batch has a log of its own."""
_DATA = re.compile(
    r".*\.(csv|tsv|jsonl?|ndjson|sql|dump|xml|xlsx?|parquet|pdf|html?|ya?ml|tar|tgz|zip|gz|bz2|xz|zst)", re.IGNORECASE
)
"""What is no log, wherever it lies: ``/var/log/exports/members.csv``."""
_BEHIND = re.compile(r"(?<![&>|])&(?![&>\d])")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_FOLDER = re.compile(r"(?:[\w.-]*/)+\Z")
_BUILTIN = frozenset(
    {".", ":", "[", "alias", "cd", "command", "echo", "eval", "exec", "exit", "export", "false", "for", "hash"}
    | {"if", "read", "return", "set", "shift", "source", "test", "time", "trap", "true", "ulimit", "umask"}
    | {"unset", "until", "wait", "while"}
)
_OF_HOST = frozenset(
    {"apt", "apt-get", "at", "certbot", "chroot", "crontab", "docker", "docker-compose", "flock", "ip"}
    | {"iptables", "journalctl", "kubectl", "logger", "logrotate", "mail", "mailx", "mount", "podman", "reboot"}
    | {"rsync", "run-one", "run-parts", "scp", "sem", "sendmail", "service", "setlock", "sftp", "shutdown"}
    | {"solo", "ssh", "su", "sudo", "sysctl", "systemctl", "systemd-cat", "systemd-run", "umount", "with-lock-ex"}
    | {"yum", "dnf", "ecs-task", "lckdo", "lockrun", "chpst", "doas", "runuser", "loginctl"}
).union(SHELLS)
"""Programs that act on a host, or read a line of their own."""
_BEFORE_OTHERS = frozenset(
    {"chronic", "chrt", "env", "ionice", "nice", "nohup", "setsid", "stdbuf", "taskset", "timeout", "xargs"}
)
"""Programs that start another one, which is one of their words."""
_LOCALHOST = re.compile(r"(?:[a-z+]+://)?(?:localhost|127\.0\.0\.1)(?:[:/]|$)")
_PATH = re.compile(r"(?<![\w./:~$}*-])(?:\.\.?/|/(?!(?:dev|proc|bin|sbin|usr/bin|usr/sbin)/))[\w.@+%-][\w./@+%-]*")
"""A path of the host, but for those of its devices and of the system's own programs."""
OF_WRAPPER = "the wrapper got this variable: does the container?"
_WHOLE = "it is more than one command that is known: the container's shell has the whole line. What does it in AWS?"
_HOST = "it acts on the host, or by what is set up there: what does it in AWS?"

_ECS_TASK = "container command subnets security-groups timeout task-size-cpu task-size-memory timestamp-format"
_ECS_TASK_SHORT = {"-c": "cluster", "-d": "task-definition", "-s": "subnets", "-g": "security-groups"}
_ECS_TASK_SHORT |= {"-f": "fargate", "-t": "timeout", "-p": "platform-version", "-v": "verbose"}
"""Flags of ``ecs-task run`` (h3poteto/ecs-task, cmd/run.go and cmd/root.go, read 2026-11)."""
_RUN_TASK = "overrides network-configuration launch-type count started-by query output propagate-tags client-token"
_RUN_TASK_LONE = "no-cli-pager debug no-paginate enable-ecs-managed-tags no-enable-ecs-managed-tags"
_RUN_TASK_LONE += " no-enable-execute-command"
_RUN_TASK += " cli-connect-timeout cli-read-timeout color"
"""Flags of ``aws ecs run-task`` that the runner takes care of, or that a batch says (AWS CLI reference, 2026-11)."""
_FARGATE = (["FARGATE"], ["FARGATE_SPOT"])
_RUNNERS = ("batchwright", "batchwright-runner")
_OF_BOTH = "cluster task-definition platform-version profile region"
_OF_RUN = "option env run-id again from done cpu memory timeout log result scheduled image"
_READ_BY_ECS_TASK = re.compile(r"""(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^'"\\;&|<>])*""", re.DOTALL)
"""The part of a command that ecs-task reads (mattn/go-shellwords, Parse, 2026-11)."""
_OVERRIDES: Mapping[str, Any] = {
    "containerOverrides": [{"name": TEXT, "command": [TEXT], "environment": [{"name!": TEXT, "value!": TEXT}]}],
    **dict.fromkeys(("cpu", "memory"), TEXT),
}
"""Overrides of a run (ECS API reference, TaskOverride, 2026-11)."""
_NETWORK = re.compile(
    r"awsvpcConfiguration|subnets|securityGroups|assignPublicIp|subnet-\w+|sg-\w+|(?:EN|DIS)ABLED|null|[\s\"'={}\[\],:]"
)


def check_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of a team's own wrapper, checked."""
    try:
        compiled = re.compile(pattern, re.MULTILINE)
    except re.error as error:
        raise UsageError(f"--step {pattern!r} is not a regular expression: {error}", hint="Correct it") from error
    groups = set(compiled.groupindex)
    if wrong := ", ".join(sorted(groups - set(GROUPS))):
        raise UsageError(f"--step {pattern!r} has the group {wrong}", hint=f"Allowed: {', '.join(GROUPS)}")
    if not groups & {"family", "name"}:
        hint = "Name a group: (?P<family>…), or (?P<name>…)"
        raise UsageError(f"--step {pattern!r} does not say what is run", hint=hint)
    return compiled


def read_line(text: str, patterns: Sequence[re.Pattern[str]] = (), *, shell: str = "sh", host: bool = False) -> JobStep:
    """What a line or a script does: one start of a task, with ``cd DIR &&`` before it and a log behind; else the line.

    `host`: a simple command that starts no task is one of the host's.
    """
    line = _only_line(text)
    core, directory = _core(line)
    words, login = plain_words(core), ""
    if words and (inner := shell_line(words)):
        login = "a login shell's profile set its variables" if "l" in "".join(words[1:-1]) else ""
        core, further = _core(inner)
        words, directory = plain_words(core), further or directory
    try:
        step = _of_words(words, core, patterns, host=host) if words and shell in SHELLS else None
    except WordsError as error:
        return whole(line, shell, str(error))
    return whole(line, shell) if step is None else replace(step, directory=directory, note=login)


def whole(line: str, shell: str = "sh", why: str = _WHOLE) -> JobStep:
    """A line as it is, for a shell; nothing starts it until its TODO is done."""
    kept = f"{line}\ncode=$?; wait; exit $code" if _BEHIND.search(line) else line  # a container ends with its command
    return JobStep(command=(shell, "-c", kept), todos=(Todo("command", line, why),))


def _only_line(text: str) -> str:
    """A script without its first lines that do nothing, if one line is left; a line as it is."""
    lines = _JOINED.sub(lambda match: match[1] or " ", text).strip().splitlines()
    while len(lines) > 1 and _PROLOGUE.fullmatch(lines[0]):
        del lines[0]
    return lines[0].strip() if len(lines) == 1 else text.strip()


def _core(line: str) -> tuple[str, str]:
    """A line without ``cd DIR &&`` before it and a log behind it; and the folder."""
    directory = _CD.match(line)
    core = line[directory.end() :] if directory else line
    while (into := _INTO.search(core)) and (into["file"] is None or _is_log(into["file"])):
        core = core[: into.start()]
    return core, directory["directory"].strip("'") if directory else ""


def _is_log(target: str) -> bool:
    """Whether a file only receives log lines."""
    return _LOG.fullmatch(target) is not None and not _DATA.fullmatch(target)


def _of_words(words: Sequence[str], core: str, patterns: Sequence[re.Pattern[str]], *, host: bool) -> JobStep | None:
    for pattern in patterns:
        if match := pattern.search(core):
            return _of_wrapper(match, core)
    assigned = [*takewhile(_ASSIGNED.fullmatch, words)]
    variables = dict(word.split("=", 1) for word in assigned)
    step = _read_starter(words[len(assigned) :])
    if step is None:
        return _of_host(variables, words[len(assigned) :]) if host else None
    region = step.region or variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION", "")
    advice = "the program that started the task got it: does the task?"
    others = [Todo("environment", word, advice) for word in assigned if not word.startswith("AWS_")]
    advice = "a value of the run: the program finds it in a variable of its own, and this one is not filled in"
    filled = [Todo(f"environment.{name}", v, advice) for name, v in step.environment.items() if options_in([v])]
    return replace(step, region=region, todos=(*step.todos, *others, *filled))


def _of_host(variables: Mapping[str, str], words: Sequence[str]) -> JobStep | None:
    """A command that ran on the host itself; ``None`` where a container does something else."""
    own = {name: value for name, value in variables.items() if options_in([value]) != [name]}
    if not words or words[0] in _BUILTIN or options_in([*own.values()]):
        return None
    started = words if program(words[0]) in _BEFORE_OTHERS else words[:1]
    if any(program(word) in _OF_HOST for word in started) or any(map(_LOCALHOST.match, words)):
        raise WordsError(_HOST)
    paths = dict.fromkeys(path for word in words[1:] for path in _PATH.findall(word) if not _is_log(path))
    todos = [Todo("path", path, "it is the host's: what is it in the image, or in a volume?") for path in paths]
    return JobStep(command=tuple(words), environment=own, todos=tuple(todos))


def _of_wrapper(match: re.Match[str], core: str) -> JobStep:
    """What a call of a wrapper starts, which is all that its line does."""
    groups = dict.fromkeys(GROUPS, "") | {name: value for name, value in match.groupdict().items() if value}
    groups = {name: value.strip("\"'" * (name != "command")) for name, value in groups.items()}
    before = plain_words(_FOLDER.sub("", core[: match.start()]))
    if before is None or not all(map(_ASSIGNED.fullmatch, before)) or core[match.end() :].strip():
        raise WordsError("the line has more than what --step matches")
    words = plain_words(groups["command"])
    if words is None:
        raise WordsError("what --step calls the command cannot be read as words")
    todos = [Todo("environment", word, OF_WRAPPER) for word in before if word[:4] != "AWS_"]
    if len(words) == 1 and re.search(r"\s", words[0]):  # a wrapper splits it
        several = plain_words(words[0])
        advice = "a shell reads it: does the wrapper give it to one?"
        todos += [Todo("command", words[0], advice)] if several is None else []
        words = ["sh", "-c", words[0]] if several is None else several
    elif words and (_ASSIGNED.fullmatch(words[0]) or re.search(r"\s", words[0])):
        todos.append(Todo("command", words[0], "no program is called so: a shell of the wrapper's read it"))
    family = _family_of(groups["family"] or groups["name"])
    step = JobStep(family=family, name=groups["name"], stage=groups["stage"], command=tuple(words) or None)
    return replace(step, wrapped=True, todos=tuple(todos))


class _Flags(ArgumentParser):
    """The flags of a program; a line whose flags are wrong stays whole."""

    def error(self, message: str) -> NoReturn:
        raise WordsError(message)


def _read_flags(
    words: Sequence[str], named: str, lone: str = "", many: str = "", *, short: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    """The values of flags by their names, and the words that are none of them."""
    parser = _Flags(add_help=False, allow_abbrev=False)
    letters = {name: [letter] for letter, name in short.items()}
    rows: tuple[tuple[str, dict[str, Any]], ...] = ((named, {"default": ""}), (lone, {"action": "store_true"}))
    for names, options in (*rows, (many, {"nargs": "+", "default": []})):
        for name in names.split():
            parser.add_argument(*letters.get(name, ()), f"--{name}", **options)
    flags, unread = parser.parse_known_args(words)
    return {name.replace("_", "-"): value for name, value in vars(flags).items()}, unread


def _read_starter(words: Sequence[str]) -> JobStep | None:
    """What a command starts; ``None`` where it is none that starts a task."""
    name, others = program(words[0]) if words else "", [*words[1:]]
    service = [word for word in others if not word.startswith("-")]
    if name == "ecs-task" and "run" in others:
        others.remove("run")
        return _ecs_task(others)
    if name == "aws" and "ecs" in service and "run-task" in service:
        others.remove("ecs")
        others.remove("run-task")
        return _run_task(others)
    bases = [re.split("[:@]", program(word))[0] for word in words]  # of the runner itself, or of its image
    runs = [at for at, base in enumerate(bases[:-1]) if base in _RUNNERS and words[at + 1] in ("run", "runs")]
    if runs and (runs[0] == 0 or name in ("docker", "podman")):  # a batch that it starts; the look for missed runs
        verb, *rest = words[runs[0] + 1 :]
        short = {"-s": "stage", "-o": "option", "-e": "env"}
        flags, unread = _read_flags(rest, f"stage {_OF_RUN}", short=short)
        batches = [word for word in unread if verb == "run" and word[:1] != "-"]
        return JobStep(moved=True, name="".join(batches[:1]), stage=flags["stage"])
    return None


def _ecs_task(words: Sequence[str]) -> JobStep:
    flags, unread = _read_flags(words, f"{_OF_BOTH} {_ECS_TASK}", "fargate verbose", short=_ECS_TASK_SHORT)
    command = flags["command"]
    read = _READ_BY_ECS_TASK.match(command)[0]  # type: ignore[index] # it matches nothing too
    if (argv := plain_words(read, literal=True)) is None:
        raise WordsError(f"--command {read!r} cannot be read as words")
    todos = collect_todos(
        (unread, "ecs-task", shlex.join(unread), "it has more than the flags that are known: is a quote missing?"),
        (read != command, "ecs-task --command", command, "it reads no further than to the first of ; & | < >"),
    )
    sizes = {"timeout": "timeout", "cpu": "task-size-cpu", "memory": "task-size-memory"}
    values: dict[str, Any] = {
        name: _read_number(f"ecs-task --{flag}", flags[flag], todos) for name, flag in sizes.items()
    }
    values |= {"container": flags["container"], "command": tuple(argv) or None}
    values["public_ip"] = True if flags["fargate"] else None  # ecs-task asks for one with --fargate, always
    return _step(flags, todos, subnets=_ids(flags["subnets"]), security_groups=_ids(flags["security-groups"]), **values)


def _run_task(words: Sequence[str]) -> JobStep:
    strategy = "capacity-provider-strategy"
    flags, unread = _read_flags(words, f"{_OF_BOTH} {_RUN_TASK}", _RUN_TASK_LONE, strategy, short={})
    overrides, network = _read_overrides(flags["overrides"]), flags["network-configuration"]
    main, *others = overrides.pop("containerOverrides", None) or [{}]
    capacity, count = " ".join(flags[strategy]), flags["count"]
    providers = re.findall(r"capacityProvider\W+([\w-]+)", capacity)
    of_fargate, launch, platform = providers in _FARGATE, flags["launch-type"], flags["platform-version"]
    rows = (
        (unread, "", shlex.join(unread), ""),
        *((True, f"--overrides containerOverrides[{other.get('name')}]", json.dumps(other), "") for other in others),
        (count not in ("", "1"), "--count", count, "a run has one task; start it with --tasks"),
        (launch not in ("", "FARGATE"), "--launch-type", launch, "a batch runs on Fargate"),
        (platform not in ("", "LATEST", "1.4.0"), "--platform-version", platform, "a batch has the newest"),
        (capacity and not of_fargate, f"--{strategy}", capacity, "Fargate(capacity=…) has Fargate, or its Spot"),
        (_NETWORK.sub("", network), "--network-configuration", network, "the stage's network is in cdk.json"),
    )
    todos = [replace(todo, field=f"aws ecs run-task {todo.field}".rstrip()) for todo in collect_todos(*rows)]
    values: dict[str, Any] = {
        name: _read_number(f"overrides.{name}", overrides.pop(name, None), todos) for name in ("cpu", "memory")
    }
    unknown = {name: value for name, value in main.items() if name not in ("name", "command", "environment")}
    todos += [Todo(f"overrides.{name}", json.dumps(value)) for name, value in (overrides | unknown).items()]
    if address := re.search("(?:EN|DIS)ABLED", network):
        values["public_ip"] = address[0] == "ENABLED"
    for name, begin in (("subnets", "subnet"), ("security_groups", "sg")):
        values[name] = tuple(re.findall(rf"\b{begin}-\w+", network))
    values["environment"] = {str(each["name"]): str(each["value"]) for each in main.get("environment") or ()}
    container, command = str(main.get("name", "")), tuple(map(str, main.get("command") or ())) or None
    spot = providers == ["FARGATE_SPOT"]
    return _step(flags, todos, container=container, command=command, spot=spot, waits=False, **values)


def _step(flags: Mapping[str, Any], todos: Sequence[Todo], **more: Any) -> JobStep:  # noqa: ANN401 - any field
    """The step of a task that flags name."""
    if not (named := flags["task-definition"]):
        raise WordsError("it does not say what is run: --task-definition is missing")
    more |= {"family": _family_of(named), "revision": number(named.rpartition(":")[2]), "todos": tuple(todos)}
    return JobStep(cluster=flags["cluster"], region=flags["region"], **more)


def _read_overrides(text: str) -> dict[str, Any]:
    """The overrides of a run."""
    if text.startswith("file://"):
        raise WordsError(f"--overrides {text} says what is run in a file of its own; write it into the command line")
    try:
        read = parsed(text or "{}")
    except ValueError as error:
        raise WordsError(f"--overrides is not JSON: {error}") from error
    if wrong := problem(read, _OVERRIDES):
        raise WordsError(f"--overrides: {wrong}")
    return dict(read or {})


def _family_of(text: str) -> str:
    """A family, of a family, a family and its revision, or an ARN."""
    return re.sub(r":\d+$", "", text.rpartition("task-definition/")[2])


def _read_number(field: str, value: object, todos: list[Todo]) -> int | None:
    """A value as a number; anything else becomes a TODO."""
    todos += collect_todos((value and number(value) is None, field, str(value), "no number: what is it?"))
    return number(value)


def _ids(text: str) -> tuple[str, ...]:
    return tuple(identifier.strip(" \"'") for identifier in text.split(",") if identifier.strip(" \"'"))


def splits(words: Sequence[str], option: str) -> bool:
    """Whether a value of an option was several words where it holds blanks."""
    return any(UNQUOTED in word and option in map(variable_of, options_in([word])) for word in words)
