"""What the tests of images share: a stage and a registry."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.fake_aws import AwsServer
from tests.fake_aws.services.image_store import Repository
from tests.kit.account import batchwright
from tests.kit.command import Done, environment
from tests.runner.workbench.images import fake_engine

REGISTRY = "333333333333.dkr.ecr.eu-west-1.amazonaws.com"
WHEN = "2026-11-24T12:00:00+00:00"
"""When the tests commit: the same files are the same commit."""
COMMIT = "9699bfc812c84aa0b856267d041830a404795994"
"""What `Bench` commits."""
TAG = f"sha-{COMMIT[:12]}"
REFERENCE = f"{REGISTRY}/batches/reports:{TAG}"
RECORD = "/batches/staging/releases/reports"


def reports(aws: AwsServer) -> Repository:
    """The repository of the image that the sample batches run."""
    return aws.world.images.repository("batches/reports")


class Bench:
    """An application's own repository, `context`, beside an engine: nothing of a project but its name and registry."""

    def __init__(self, stage: AwsServer, folder: Path) -> None:
        self.stage, self.folder = stage, folder
        (folder / "context").mkdir()
        commit(folder / "context", Dockerfile="FROM scratch\n")
        self.install("docker")

    def install(self, name: str) -> None:
        engines = self.folder / "bin"
        engines.mkdir(exist_ok=True)
        engine = engines / name
        engine.write_text(f"#!{sys.executable}\n{Path(fake_engine.__file__).read_text()}")
        engine.chmod(0o755)

    def push(self, *words: str, **more: str) -> Done:
        return self._push(self.folder, "context", *words, **more)

    def push_here(self, *words: str) -> Done:
        """Pushes from within the project, and names no folder."""
        return self._push(self.folder / "context", *words)

    def _push(self, folder: Path, *words: str, **more: str) -> Done:
        registry = self.stage.world.images.blob_address("", "").split("/")[2]
        variables = {
            "ENGINE_LOG": str(self.folder / "log"),
            "ENGINE_REGISTRY": registry,
            "BATCHWRIGHT_REGISTRY": REGISTRY,
            **more,
        }
        return batchwright(
            self.stage, folder, "image", "push", "reports", *words, path=str(self.folder / "bin"), env=variables
        )

    @property
    def commands(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "log").read_text().splitlines()]

    @property
    def built(self) -> dict[str, Any]:
        """The files that the one build was given."""
        (found,) = [command["files"] for command in self.commands if "build" in command["words"]]
        return dict(found)

    def ran(self, word: str) -> list[str]:
        """The one command of the engine that has a word."""
        (found,) = [command["words"] for command in self.commands if word in command["words"]]
        return list(found[1:])


def git(folder: Path, *words: str) -> str:
    """Runs git as an author of the test's own."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    identity += ["-c", "protocol.file.allow=always"]
    words = ("git", "-C", str(folder), *identity, *words)
    env = environment(GIT_AUTHOR_DATE=WHEN, GIT_COMMITTER_DATE=WHEN)
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, **files: str) -> str:
    """Commits all that git does not ignore, after writing files; gives the commit."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "x")
    return git(folder, "rev-parse", "HEAD")
