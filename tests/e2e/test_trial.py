"""``make trial`` against the emulator: it ends with a table, and leaves nothing, however it ends."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.account import Account
from tests.e2e.conftest import Machine
from tests.e2e.console import Console
from tests.e2e.places import ACCOUNT, PUBLIC, ROOT

TRIAL = (sys.executable, "-m", "tests.on_aws")
MEANT = ("--yes", "--account", ACCOUNT, "--parts")
BUSYBOX = f"{PUBLIC}/docker/library/busybox"
"""The image that the project's image and its sidecars are made of."""
DOCKERFILE = 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n'
WITHIN = 240.0
"""Seconds for a trial of some parts."""


@pytest.fixture(scope="module")
def there(console: Console, account: Account, machine: Machine) -> frozenset[str]:
    """What is in the account before; among it a public registry, with one image."""
    folder = machine.folder / "busybox"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE, encoding="ascii")
    busybox = shutil.which("busybox")
    assert busybox
    shutil.copy(busybox, folder)
    account.client("ecr").create_repository(repositoryName="docker/library/busybox")
    console.run("docker", "build", "--quiet", "--tag", f"{BUSYBOX}:1.37", str(folder))
    console.run("docker", "push", "--quiet", f"{BUSYBOX}:1.37")
    return in_account(account)


def in_account(account: Account) -> frozenset[str]:
    """What there is but keys that wait for their deletion, as those of a trial that is over do."""
    buckets = {f"s3: {bucket['Name']}" for bucket in account.client("s3").list_buckets()["Buckets"]}
    kms = account.client("kms")
    inventory = account.inventory()
    keys = {name for name in inventory if name.startswith("kms: ") and "alias/" not in name}
    states = {name: kms.describe_key(KeyId=name.removeprefix("kms: "))["KeyMetadata"]["KeyState"] for name in keys}
    return (inventory | buckets) - {name for name in keys if states[name] == "PendingDeletion"}


@dataclass(frozen=True)
class Started:
    """A trial that has been started, and where its output goes."""

    process: "subprocess.Popen[bytes]"
    output: Path

    @property
    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def until(self, so: Callable[[], object]) -> None:
        """Waits until something is so."""
        last = time.monotonic() + WITHIN
        while not so():
            assert time.monotonic() < last, self.text
            time.sleep(0.2)

    def end(self) -> int:
        """Waits for its end; its exit code."""
        return self.process.wait(WITHIN)


@pytest.fixture
def trial(console: Console, tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Starts a trial. Each that is left is killed."""
    started: list[Started] = []

    def start(*arguments: str) -> Started:
        output = tmp_path / f"{len(started)}.log"
        with output.open("wb") as file:
            words = [*TRIAL, *arguments]
            process = subprocess.Popen(words, cwd=ROOT, env=console.environment, stdout=file, stderr=file)
        started.append(Started(process, output))
        return started[-1]

    yield start
    for begun in started:
        begun.process.kill()
        begun.process.wait()


def test_it_ends_with_a_table_and_leaves_nothing_also_after_ctrl_c(
    trial: Callable[..., Started], account: Account, there: frozenset[str], tmp_path: Path
) -> None:
    file = tmp_path / "record.json"
    first = trial(*MEANT, "values,scratch,by-hand,workflow,machine", "--record", str(file))
    first.until(lambda: all(f"{part}: " in first.text for part in ("scratch", "by-hand", "workflow", "values: seen")))

    first.process.send_signal(signal.SIGINT)

    assert first.end() == 1, first.text
    assert in_account(account) == there, first.text
    record = json.loads(file.read_text(encoding="utf-8"))
    answers = {claim["claim"]: claim["answer"] for claim in record["claims"]}
    assert (record["endpoint"], record["left"]) == ("http://localhost:80", [])
    assert answers["service-linked-role"] == answers["tag-twice"] == "seen", first.text
    # The emulator has no directories in memory, and starts a task that has a variable of a secret's name.
    assert answers["directory-in-memory"] == answers["plain-variable-of-a-secret"] == "not so", first.text
    # It evaluates no policy; and the machine was not waited for.
    assert answers["grant-operate"] == answers["overlap"] == "cannot be seen here"
    assert "evidence: it was ended: Ctrl-C" in first.text
    assert ACCOUNT not in file.read_text(encoding="utf-8")


def test_after_a_crash_the_next_trial_is_refused_until_its_rest_is_removed(
    trial: Callable[..., Started], account: Account, there: frozenset[str]
) -> None:
    crashed = trial(*MEANT, "values")
    crashed.until(lambda: "cloudformation: trial-probe-platform" in in_account(account))
    crashed.process.kill()

    refused = trial(*MEANT, "values")
    assert refused.end() == 1
    assert refused.text.strip().endswith("make trial CLEAN=1")

    cleaned = trial("--clean")
    assert cleaned.end() == 0, cleaned.text
    assert in_account(account) == there, cleaned.text
