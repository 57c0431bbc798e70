"""Reads commands that start a task: ecs-task, the AWS CLI, the runner. Pure."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from batchwright_runner.contract.json_text import parsed
from batchwright_runner.workbench.moving.arguments import number
from batchwright_runner.workbench.moving.jobs import JobStep, Todo
from batchwright_runner.workbench.moving.shapes import NETWORK, OVERRIDES, problem
from batchwright_runner.workbench.moving.words import WordsError, plain_words, program

_ECS_TASK = {"-c": "--cluster", "-d": "--task-definition", "-s": "--subnets", "-g": "--security-groups"}
_ECS_TASK |= {"-f": "--fargate", "-t": "--timeout", "-p": "--platform-version", "-v": "--verbose"}
_ECS_TASK_READ = frozenset(
    {"--cluster", "--container", "--task-definition", "--command", "--subnets", "--security-groups", "--fargate"}
    | {"--timeout", "--timestamp-format", "--platform-version", "--task-size-cpu", "--task-size-memory"}
    | {"--profile", "--region", "--verbose"}
)
"""The flags of ``ecs-task run`` (h3poteto/ecs-task, cmd/run.go and cmd/root.go, read 2026-11)."""

_AWS_LONE = frozenset(
    {"--enable-execute-command", "--no-enable-execute-command", "--enable-ecs-managed-tags", "--no-cli-pager"}
    | {"--debug", "--no-enable-ecs-managed-tags", "--no-paginate", "--no-verify-ssl", "--no-sign-request"}
)
_AWS_MANY = frozenset({"--capacity-provider-strategy", "--tags", "--placement-constraints", "--placement-strategy"})
_AWS_READ = frozenset(
    {"--cluster", "--task-definition", "--overrides", "--network-configuration", "--launch-type", "--count"}
    | {"--capacity-provider-strategy", "--platform-version", "--started-by", "--profile", "--region", "--query"}
    | {"--output", "--no-cli-pager", "--debug", "--propagate-tags", "--client-token", "--no-paginate"}
    | {"--enable-ecs-managed-tags", "--no-enable-ecs-managed-tags", "--no-enable-execute-command"}
    | {"--cli-connect-timeout", "--cli-read-timeout", "--color"}
)
"""Flags of ``aws ecs run-task`` that the runner takes care of, or that a batch says (AWS CLI reference, 2026-11)."""

_AWS_USUAL = {
    "--count": (("", "1"), "a run has one task; start it with --tasks"),
    "--launch-type": (("", "FARGATE"), "a batch runs on Fargate"),
    "--platform-version": (("", "LATEST", "1.4.0"), "a batch has the newest"),
}
"""The values of these flags that fit a batch, and the advice about any other."""
_READ_BY_ECS_TASK = re.compile(r"""(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^'"\\;&|<>])*""", re.DOTALL)
"""The part of a command that ecs-task reads (mattn/go-shellwords, Parse, 2026-11)."""


Flags = Mapping[str, Sequence[str]]
"""Flag to its values, in the order in which they stand; under the empty name all other words."""


def read_flags(
    words: Sequence[str],
    *,
    lone: Collection[str] = (),
    many: Collection[str] = (),
    short: Mapping[str, str] | None = None,
) -> Flags:
    """Reads the words that follow a command: ``--name value``, ``--name=value``, and flags that take no value."""
    flags: dict[str, list[str]] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        name = (short or {}).get(name, name)
        if word == "--" or not name.startswith("-") or name == "-":
            flags.setdefault("", []).extend(rest if word == "--" else [word])
            rest = [] if word == "--" else rest
            continue
        values = flags.setdefault(name, [])
        if equals:
            values.append(value)
        elif name in many:
            while rest and not rest[0].startswith("--"):
                values.append(rest.pop(0))
        elif name not in lone and rest:
            values.append(rest.pop(0))
    return flags


def _first_value(flags: Flags, name: str) -> str:
    """The first value of a flag; empty where it is not given."""
    return next(iter(flags.get(name, ())), "")


def _unread(flags: Flags, read: Collection[str]) -> dict[str, str]:
    """The flags that are not read: each with its values, in one text."""
    return {name: " ".join(values) for name, values in flags.items() if name and name not in read}


def read_starter(words: Sequence[str]) -> JobStep | None:
    """What a command starts; ``None`` where it is none that starts a task."""
    name, service = program(words[0]) if words else "", [word for word in words[1:] if not word.startswith("-")]
    if name == "ecs-task" and "run" in words[1:]:
        return _ecs_task(read_flags(words[1:], lone={"--fargate", "--verbose"}, short=_ECS_TASK))
    if name == "aws" and "ecs" in service and "run-task" in service:
        return _run_task(read_flags(words[1:], lone=_AWS_LONE, many=_AWS_MANY))
    runs = [at for at, word in enumerate(words[:-1]) if _is_runner(word) and words[at + 1] in ("run", "runs")]
    if runs and (runs[0] == 0 or name in ("docker", "podman")):  # a batch that it starts; the look for missed runs
        flags = read_flags(words[runs[0] + 2 :], short={"-s": "--stage"})
        batch = _first_value(flags, "") if words[runs[0] + 1] == "run" else ""
        return JobStep(moved=True, name=batch, stage=_first_value(flags, "--stage"))
    return None


def _is_runner(word: str) -> bool:
    """Whether a program, or the image that is run, is the runner's."""
    return re.split("[:@]", program(word))[0] in ("batchwright", "batchwright-runner")


def _task(flags: Flags, step: JobStep, todos: list[Todo]) -> JobStep:
    """A step with the task that flags name, and with the TODOs."""
    if not (named := _first_value(flags, "--task-definition")):
        raise WordsError("it does not say what is run: --task-definition is missing")
    last = named.rpartition(":")[2]
    cluster, region = _first_value(flags, "--cluster"), _first_value(flags, "--region")
    own = replace(step, family=family_of(named), revision=number(last), cluster=cluster, region=region)
    return replace(own, todos=tuple(todos))


def _ecs_task(flags: Flags) -> JobStep:
    command = _first_value(flags, "--command")
    read = _READ_BY_ECS_TASK.match(command)[0]  # type: ignore[index] # it matches nothing too
    todos = [Todo(f"ecs-task {name}", value or name) for name, value in _unread(flags, _ECS_TASK_READ).items()]
    sizes = ("--task-size-cpu", "--task-size-memory", "--timeout")
    cpu, memory, timeout = (_read_number(f"ecs-task {name}", _first_value(flags, name), todos) for name in sizes)
    if read != command:
        todos.append(Todo("ecs-task --command", command, "it reads no further than to the first of ; & | < >"))
    todos += [
        Todo("ecs-task", word, "it reads no word beside its flags: is a quote missing?")
        for word in flags.get("", ())[1:]
    ]
    words = plain_words(read, literal=True)
    if words is None:
        raise WordsError(f"--command {read!r} cannot be read as words")
    public = True if "--fargate" in flags else None  # ecs-task asks for a public address with --fargate, always
    step = JobStep(
        container=_first_value(flags, "--container"),
        command=tuple(words) or None,
        cpu=cpu,
        memory=memory,
        timeout=timeout or None,
        subnets=_ids(_first_value(flags, "--subnets")),
        security_groups=_ids(_first_value(flags, "--security-groups")),
        public_ip=public,
    )
    return _task(flags, step, todos)


def _run_task(flags: Flags) -> JobStep:
    overrides = _json("--overrides", _first_value(flags, "--overrides"), OVERRIDES)
    containers = overrides.pop("containerOverrides", None) or []
    main = containers[0] if containers else {}
    todos = [Todo(f"aws ecs run-task {name}", value or name) for name, value in _unread(flags, _AWS_READ).items()]
    todos += [
        Todo(f"aws ecs run-task --overrides containerOverrides[{container.get('name')}]", json.dumps(container))
        for container in containers[1:]
    ]
    for flag, (usual, advice) in _AWS_USUAL.items():
        if (value := _first_value(flags, flag)) not in usual:
            todos.append(Todo(f"aws ecs run-task {flag}", value, advice))
    capacity = " ".join(flags.get("--capacity-provider-strategy", ()))
    providers = re.findall(r"capacityProvider\W+([\w-]+)", capacity)
    if capacity and providers not in (["FARGATE"], ["FARGATE_SPOT"]):
        advice = "a batch runs on Fargate or on its Spot: Fargate(capacity=…)"
        todos.append(Todo("aws ecs run-task --capacity-provider-strategy", capacity, advice))
    cpu, memory = (_read_number(f"overrides.{name}", overrides.pop(name, None), todos) for name in ("cpu", "memory"))
    read = {"name", "command", "environment"}
    todos += [Todo(f"overrides.{name}", json.dumps(value)) for name, value in overrides.items()]
    todos += [Todo(f"containerOverrides.{name}", json.dumps(value)) for name, value in main.items() if name not in read]
    command = main.get("command")
    step = JobStep(
        container=str(main.get("name", "")),
        command=tuple(map(str, command)) if command else None,
        environment={str(variable["name"]): str(variable["value"]) for variable in main.get("environment") or ()},
        cpu=cpu,
        memory=memory,
        spot=providers == ["FARGATE_SPOT"],
        waits=False,
        **_network(_first_value(flags, "--network-configuration"), todos),
    )
    return _task(flags, step, todos)


def _json(flag: str, text: str, shape: object = None) -> dict[str, Any]:
    """The object that a flag gives."""
    if not text:
        return {}
    if text.startswith("file://"):
        raise WordsError(f"{flag} {text} says what is run in a file of its own; write it into the command line")
    try:
        read = parsed(text)
    except ValueError as error:
        raise WordsError(f"{flag} is not JSON: {error}") from error
    if wrong := problem(read, shape or {}):
        raise WordsError(f"{flag}: {wrong}")
    return dict(read or {})


def _network(text: str, todos: list[Todo]) -> dict[str, Any]:
    """``awsvpcConfiguration`` in the AWS CLI's shorthand, or in JSON; what cannot be read becomes a TODO."""
    if not text:
        return {}
    if text.startswith("{"):
        vpc = _json("--network-configuration", text, NETWORK).get("awsvpcConfiguration") or {}
    else:
        ids = r"(subnets|securityGroups)=(?:\[([^\]$]*)\]|([a-z]+-[0-9a-z]+))"
        public_ip = r"(assignPublicIp)=(ENABLED|DISABLED)"
        vpc = {name: _ids(several or single) for name, several, single in re.findall(ids, text)}
        vpc |= dict(re.findall(public_ip, text))
        if re.sub(rf"^awsvpcConfiguration=|{ids}|{public_ip}|[{{}},\s]", "", text):
            todos.append(Todo("aws ecs run-task --network-configuration", text, "the stage's network is in cdk.json"))
    public = vpc.get("assignPublicIp")
    return {
        "subnets": tuple(vpc.get("subnets") or ()),
        "security_groups": tuple(vpc.get("securityGroups") or ()),
        "public_ip": None if public is None else public == "ENABLED",
    }


def family_of(text: str) -> str:
    """A family, of a family, a family and its revision, or an ARN."""
    name = text.rpartition("task-definition/")[2]
    return re.sub(r":\d+$", "", name)


def _read_number(field: str, value: object, todos: list[Todo]) -> int | None:
    """A value as a number; anything else becomes a TODO."""
    if value and number(value) is None:
        todos.append(Todo(field, str(value), "no number: what is it?"))
    return number(value)


def _ids(text: str) -> tuple[str, ...]:
    return tuple(identifier.strip(" \"'") for identifier in text.split(",") if identifier.strip(" \"'"))
