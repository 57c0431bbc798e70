"""What lines start, executed: stand-ins record which programs run, with which words and variables."""

import json
import os
import re
import shlex
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = ("aws", "bundle", "ecs-task", "mysql", "rake", "report", "run-batch")
_RECORDER = f"""#!{sys.executable} -I
import json, os, sys
left_out = {{"PATH", "PWD", "OLDPWD", "SHLVL", "_", "RECORD", "HOME", "LC_CTYPE", "CODE"}}
said = {{name: value for name, value in os.environ.items() if name not in left_out}}
with open(os.environ["RECORD"], "a") as file:
    json.dump([os.path.basename(sys.argv[0]), sys.argv[1:], said], file)
    file.write("\\n")
print("arn:aws:ecs:ap-northeast-1:222222222222:task/c/1" if sys.argv[0].endswith("aws") else "done")
sys.exit(int(os.environ["CODE"]))
"""


@dataclass(frozen=True)
class Program:
    """A program that was started."""

    name: str
    words: Sequence[str]
    variables: Mapping[str, str]


@dataclass
class Done:
    """What came of a command: the programs that it started, and its code."""

    programs: list[Program] = field(default_factory=list)
    code: int = 0


def executed(folder: Path, command: Sequence[str], variables: Mapping[str, str], code: int = 0) -> Done:
    """What a command starts.

    Args:
        folder: Its working directory, where the stand-ins are.
        command: The command.
        variables: Its variables.
        code: The code of each program that it starts.
    """
    programs, record = folder / "bin", folder / "record"
    if not programs.exists():
        programs.mkdir()
        (programs / "report").write_text(_RECORDER)
        (programs / "report").chmod(0o755)
        for name in set(PROGRAMS) - {"report"}:
            (programs / name).symlink_to("report")
    record.write_text("")
    own = {"PATH": f"{programs}:{os.environ['PATH']}", "RECORD": str(record), "HOME": str(folder), "CODE": str(code)}
    done = subprocess.run(
        list(command), cwd=folder, env={**variables, **own}, input="", capture_output=True, text=True, timeout=30
    )
    read = [Program(*json.loads(line)) for line in record.read_text().splitlines()]
    return Done(read, done.returncode)


@dataclass(frozen=True)
class Task:
    """A task that was started: what ECS was asked for.

    Attributes:
        family: Its task definition.
        command: The command, if not the definition's.
        variables: Variables beside the definition's.
        cpu: CPU units, if not the definition's.
        memory: MiB, likewise.
        spot: Whether it runs on Spot.
    """

    family: str
    command: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    cpu: str = ""
    memory: str = ""
    spot: bool = False


def started(program: Program) -> list[Task]:
    """The tasks that a program has asked ECS for."""
    words = list(program.words)
    if program.name == "run-batch":  # a wrapper: its stage, a family, and a command in one word or several
        _, family, *command = words
        return [Task(f"production-{family}", shlex.split(command[0]) if len(command) == 1 else command)]
    if program.name == "ecs-task":
        return [_by_ecs_task(words)]
    return _by_cli(words) if program.name == "aws" and "run-task" in words else []


def _by_ecs_task(words: Sequence[str]) -> Task:
    parser = ArgumentParser(exit_on_error=False, allow_abbrev=False)
    for short, name in (("-c", "cluster"), ("-d", "task-definition"), ("-s", "subnets"), ("-g", "security-groups")):
        parser.add_argument(short, f"--{name}")
    for name in ("container", "command", "region", "task-size-cpu", "task-size-memory"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("-t", "--timeout")
    parser.add_argument("-f", "--fargate", action="store_true")
    options = parser.parse_args(words[1:])
    unquoted = re.match(r"""(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^'"\\;&|<>])*""", options.command)
    assert unquoted
    return Task(
        options.task_definition.rpartition(":")[0] or options.task_definition,
        shlex.split(unquoted[0]),
        cpu=options.task_size_cpu,
        memory=options.task_size_memory,
    )


def _by_cli(words: Sequence[str]) -> list[Task]:
    parser = ArgumentParser(exit_on_error=False, allow_abbrev=False)
    for name in (
        "cluster",
        "task-definition",
        "overrides",
        "network-configuration",
        "launch-type",
        "region",
        "profile",
    ):
        parser.add_argument(f"--{name}", default="")
    for name in ("query", "output", "started-by", "platform-version", "propagate-tags"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--capacity-provider-strategy", nargs="+", default=[])
    options = parser.parse_args([word for word in words if word not in ("ecs", "run-task")])
    overrides = json.loads(options.overrides or "{}")
    (container,) = overrides.get("containerOverrides") or [{}]
    task = Task(
        re.sub(r":\d+$", "", options.task_definition),
        container.get("command") or [],
        {variable["name"]: variable["value"] for variable in container.get("environment") or []},
        cpu=overrides.get("cpu", ""),
        memory=overrides.get("memory", ""),
        spot=any("FARGATE_SPOT" in provider for provider in options.capacity_provider_strategy),
    )
    return [task] * options.count
