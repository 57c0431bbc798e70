"""The commands of a page, replayed: ours and the shell's for real, with stand-ins for what others' would reach.

The stand-ins keep what is running where: `World.starters` says who would start a piece of work by itself.
"""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from batchwright_runner.contract.manifest import BatchManifest
from tests.fake_aws import AwsServer, Script
from tests.kit.command import COMMAND, call, environment
from tests.kit.pages import Typed

LONGEST = 300
"""Seconds that a command may take."""


def unhurried(printed: Sequence[str]) -> list[str]:
    """Lines without what a slow machine has a command say: what it waits for, and what it is doing meanwhile."""
    waits = (" yet: no answer for ", " waiting for it")
    doing = re.compile(r"batchwright: (?:reading|checking|looking for) [^:]*")
    return [line for line in printed if not doing.fullmatch(line) and not any(wait in line for wait in waits)]


@dataclass
class World:
    """A project, and what is around it.

    Attributes:
        folder: The project's folder.
        aws: What stands for AWS.
        work: What tells the work that moves, in the texts of old and new.
        jobs: Jobs in Rundeck, by their ids.
        definitions: Task definitions in ECS, by family.
        rules: Rules of EventBridge that start the work, and whether they are on.
        crontab: The crontab.
        printed: What the last command printed.
        synthesized: The declarations of the last synthesis.
    """

    folder: Path
    aws: AwsServer
    work: re.Pattern[str]
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    definitions: dict[str, Any] = field(default_factory=dict)
    rules: dict[str, bool] = field(default_factory=dict)
    crontab: str = ""
    printed: str = ""
    synthesized: str = ""

    def starters(self) -> list[str]:
        """Who starts the work by itself, as things are now."""
        jobs = [
            f"rundeck {job['uuid']}"
            for job in self.jobs.values()
            if job.get("scheduleEnabled") and job.get("schedule") and self.work.search(json.dumps(job["sequence"]))
        ]
        lines = [f"cron {line}" for line in self.crontab.splitlines() if line[:1] != "#" and self.work.search(line)]
        return [*jobs, *lines, *(f"rule {name}" for name, is_on in self.rules.items() if is_on)]

    def run(self, typed: Typed) -> int:
        """Runs a command as a person who types it."""
        command, _, target = typed.command.partition(" > ")
        words = shlex.split(command)
        if words[:2] in (["batchwright", "image"], ["batchwright", "release"]):  # they need an engine and a registry
            self.printed = _parsed(words[1:])
            return 0
        stand_in: Callable[[Sequence[str]], str] | None = getattr(self, f"_{words[0]}", None)
        if stand_in is None:
            return self._really(typed.command)
        self.printed = stand_in(words[1:])
        if target:
            (self.folder / target.strip()).write_text(self.printed)
        return 0

    def _really(self, command: str) -> int:
        path = f"{Path(COMMAND).parent}:/usr/local/bin:/usr/bin:/bin"
        variables = {**environment(), **self.aws.environ(), "PATH": path, "HOME": str(self.folder)}
        if re.fullmatch(r"batchwright [\w ./:=,@-]+", command):  # a shell makes nothing else of it
            called = call(self.folder, *command.split()[1:], env=variables, seconds=LONGEST)
            self.printed = called.both
            return called.code
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST,
        )
        self.printed = done.stdout + done.stderr
        return done.returncode

    def _rd(self, words: Sequence[str]) -> str:
        options = dict(zip(words[2::2], words[3::2], strict=True))
        file = self.folder / options["-f"]
        assert options["-F"] == "yaml"
        if words[:2] == ["jobs", "list"]:
            file.write_text(yaml.safe_dump(list(self.jobs.values()), sort_keys=True))
            return ""
        assert words[:2] == ["jobs", "load"]
        for job in yaml.safe_load(file.read_text()):
            self.jobs[job["uuid"]] = job
        return ""

    def _aws(self, words: Sequence[str]) -> str:
        options = dict(zip(words[2::2], words[3::2], strict=True))
        if words[:2] == ["ecs", "describe-task-definition"]:
            return json.dumps(self.definitions[options["--task-definition"]])
        assert words[0] == "events", words
        if words[1] == "list-rules":
            return "".join(f"{name}\tcron(0 9 ? * 2-6 *)\n" for name in self.rules)
        assert options["--name"] in self.rules
        self.rules[options["--name"]] = {"disable-rule": False, "enable-rule": True}[words[1]]
        return ""

    def _crontab(self, words: Sequence[str]) -> str:
        if words == ["-l"]:
            return self.crontab
        (file,) = words
        self.crontab = (self.folder / file).read_text()
        return ""

    def _cdk(self, words: Sequence[str]) -> str:
        """Synthesizes, and puts the batches of the named stacks into AWS as CloudFormation would."""
        assert words[0] == "deploy"
        declared = "".join(path.read_text() for path in sorted(self.folder.glob("batches/*/batch.py")))
        if declared != self.synthesized:
            assert self._really(f"CDK_OUTDIR=cdk.out {sys.executable} app.py") == 0, self.printed
            self.synthesized = declared
        stacks = {path.name.removesuffix(".template.json") for path in self.folder.glob("cdk.out/*.template.json")}
        assert set(words[1:]) <= stacks, (words, stacks)
        for path in sorted(self.folder.glob("cdk.out/batches/*/*.json")):
            data = json.loads(path.read_text())["manifest"]
            if f"{data['project']}-{path.parent.name}-{path.stem}" in words:
                manifest = BatchManifest.from_dict({**data, **self._deployed(data)})
                self.aws.deploy(manifest, Script(exit_code=0))
        return ""

    def _deployed(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What only a deployment knows of a manifest."""
        stage = json.loads((self.folder / "cdk.json").read_text())["context"]["stages"][data["stage"]]
        place = {"account": stage["account"], "region": stage["region"]}
        family = f"{data['project']}-{data['stage']}-{data['batch']}"
        arn = f"arn:aws:ecs:{stage['region']}:{stage['account']}:task-definition/{family}:1"
        return {**place, "task_definition": arn, "subnets": "subnet-1,subnet-2", "security_groups": "sg-1"}


def _parsed(words: Sequence[str]) -> str:
    """Checks a command line against the command itself, and runs nothing."""
    from batchwright_runner.cli import batchwright

    command: Any = batchwright
    rest = list(words)
    while hasattr(command, "get_command"):
        command = command.get_command(None, rest.pop(0))
    command.make_context("batchwright", rest)
    return ""
