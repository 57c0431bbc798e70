"""docs/tutorial.md, walked from an empty folder: its commands are typed, its files written, its outputs looked for."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.e2e.account import Account
from tests.e2e.conftest import Machine
from tests.e2e.console import LONGEST, Console
from tests.e2e.inbox import Inbox
from tests.e2e.places import INSTALLED, ROOT
from tests.kit.pages import fences, prompts

PAGE = ROOT / "docs" / "tutorial.md"
END = "## What `init` and `new` write"
"""Where what the page walks ends, and what else it explains begins."""
FILE = re.compile(r"`(batches/[\w/.]+|cdk\.json)`")
MAIL = "mail"
"""Where a ``text`` is read."""
SUBNET = "subnet-0a1b2c3d4e5f60711"
"""The page's subnet; the emulator has one of its own."""
BASE = "debian:trixie-slim"
"""What `batchwright new` builds on. It cannot be pulled here; the image of that name has a busybox."""

NOT_FROM_AN_INDEX = re.compile(r"^batchwright: this batchwright is not from an index: .*\n", re.MULTILINE)
"""What `init` says about a wheel, which is not shown to those who install a release."""
SLOW = re.compile(
    r"^batchwright: (.*: no answer for \S+\n +waiting for it for|\S+ failed yet: .*\n +trying again for"
    r"|checking|reading (the|how|what)|looking (for|at)|releasing|rolling) .*\n",
    re.MULTILINE,
)
"""What is printed while the emulator, on a busy machine, takes seconds for its answers."""


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """What there is to do, in the page's order, each with where: a file, the mail, or nowhere for a console."""
    for fence in fences(text):
        if fence.kind == "console":
            yield "", fence.text
        elif fence.kind == "text":
            yield MAIL, fence.text
        else:
            named = FILE.findall(fence.before)
            assert named, f"nothing says which file it is: {fence.text}"
            yield named[-1], fence.text


def looks_like(shown: Sequence[str], printed: str) -> bool:
    """Whether an output is what the page shows; an ellipsis alone on a line is any lines, within one any text."""
    patterns = [
        r"(?:.*\n)*?" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + r" *\n" for line in shown
    ]
    return (
        re.fullmatch("".join(patterns), printed if printed.endswith("\n") or not printed else printed + "\n")
        is not None
    )


class Walk:
    """A person with a terminal, in a fresh folder."""

    def __init__(self, console: Console, home: Path, subnet: str) -> None:
        self.folder = home
        self.code = 0
        self.subnet = subnet
        author = {"user.name": "journey", "user.email": "journey@example.com"}
        self.environment = {
            **{name: value for name, value in console.environment.items() if name != "BATCHWRIGHT_PROJECT"},
            "GIT_CONFIG_COUNT": str(len(author)),
            **{f"GIT_CONFIG_KEY_{number}": key for number, key in enumerate(author)},
            **{f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(author.values())},
        }

    def type(self, command: str) -> str:
        """Types a command. What it prints, on stdout and stderr as a terminal shows them."""
        if command == "echo $?":
            return f"{self.code}\n"
        if command.startswith("cd "):
            self.folder /= command.removeprefix("cd ")
            self._has_its_environment()
            return ""
        done = subprocess.run(
            ["bash", "-c", command.replace(SUBNET, self.subnet)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=LONGEST * 3,
        )
        self.code = done.returncode
        return SLOW.sub("", NOT_FROM_AN_INDEX.sub("", done.stdout))

    def write(self, name: str, content: str) -> None:
        """Writes a file; of ``cdk.json`` the page shows the stages, and the rest stays as it is."""
        file = self.folder / name
        content = content.replace(SUBNET, self.subnet)
        if name == "cdk.json":
            given = json.loads(file.read_text(encoding="utf-8"))
            given["context"]["stages"] = json.loads(content)
            content = json.dumps(given, indent=2)
        file.write_text(content, encoding="utf-8")

    def _has_its_environment(self) -> None:
        """What `make` would install from an index, which cannot be reached in here: the wheel, as it was installed."""
        (self.folder / ".venv").symlink_to(INSTALLED / "installed")
        (self.folder / ".venv" / ".installed").touch()


@pytest.fixture
def walk(machine: Machine, console: Console, engine: str, account: Account) -> Walk:
    home = machine.folder / "tutorial"
    context = machine.folder / "base"
    for folder in (home, context):
        folder.mkdir()
    busybox = shutil.which("busybox")
    assert busybox
    shutil.copy(busybox, context / "busybox")
    (context / "Dockerfile").write_text(
        'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n'
    )
    subprocess.run(["docker", f"--host={engine}", "build", "--quiet", "--tag", BASE, str(context)], check=True)
    return Walk(console, home, account.subnet())


@pytest.fixture
def inbox(account: Account) -> Iterator[Inbox]:
    inbox = Inbox(account)
    yield inbox
    inbox.close()


def test_each_command_prints_what_the_page_shows(walk: Walk, account: Account, inbox: Inbox) -> None:
    before = account.inventory()
    walked, end, _ = PAGE.read_text(encoding="utf-8").partition(END)
    assert end
    others = []
    for name, content in blocks(walked):
        if name == MAIL:
            mail = inbox.next()
            print(f"mail:\n{mail}\n", flush=True)
            if not looks_like(content.splitlines(), mail):
                others.append("mail")
            continue
        if name:
            walk.write(name, content)
            continue
        for typed in prompts(content):
            printed = walk.type(typed.command)
            print(f"$ {typed.command}\n{printed}(exit {walk.code})\n", flush=True)
            if typed.command.startswith("cdk deploy"):
                inbox.confirm()
            if not looks_like(typed.shown, printed):
                others.append(typed.command)

    assert others == []
    left = account.inventory() - before
    assert not [name for name in left if name.startswith(("cloudformation: sales", "ecs: sales", "scheduler: "))]
