"""Walks the README's first commands as a new user: an empty folder, a home of their own, nothing installed.

    python -m tests.first_day [--with pipx]

batchwright comes from a copy of this checkout, all else from where pip finds packages. Each command is printed with
what it prints, and the seconds that it took. Ends with 1 where a command fails, or prints anything else than the README
shows.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.kit.pages import blocks

ROOT = Path(__file__).parents[1]
LIMIT = 300.0
"""Seconds from the first command to the last one's exit code."""
LEFT_OUT = "…"
_END = re.compile(rb"\0(\d+)\0")
"""What the shell prints after each command: its exit code."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command of the README.

    Attributes:
        command: The command.
        instead: Another one that does the same, which its comment names after ``or:``; empty for none.
        shown: The lines of its output that the README shows. Where it leaves others out, it has a line ``…``.
    """

    command: str
    instead: str = ""
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Took:
    """A step that was taken.

    Attributes:
        step: The step.
        command: The command that was run.
        code: Its exit code.
        output: All that it printed.
        seconds: How long it took.
    """

    step: Step
    command: str
    code: int
    output: str
    seconds: float

    @property
    def as_shown(self) -> bool:
        """Whether it printed what the README shows."""
        lines = self.output.splitlines()
        return self.code == 0 and all(line in lines for line in self.step.shown)


def steps(readme: Path) -> list[Step]:
    """The commands of a README's first day."""
    _, mark, page = readme.read_text(encoding="utf-8").partition("<!-- first day -->\n")
    assert mark, f"{readme.name} has no first day"
    made: list[Step] = []
    for line in blocks(page, "console")[0].splitlines():
        if line.startswith("$ "):
            command, _, comment = line[2:].partition("  #")
            _, _, instead = comment.partition("or: ")
            made.append(Step(command.strip(), instead.strip()))
        elif line != LEFT_OUT:
            made[-1] = Step(made[-1].command, made[-1].instead, (*made[-1].shown, line))
    return made


def walk(
    taken: Sequence[Step], environment: Mapping[str, str], folder: Path, *, use: str, say: Callable[[str], None]
) -> Iterator[Took]:
    """Runs the commands in one shell, until one of them does not do what the README shows.

    Args:
        taken: The commands.
        environment: The shell's variables.
        folder: Where it begins.
        use: The program whose commands are taken where there are two: ``uv``, ``pipx``.
        say: Is given what is printed, line by line.
    """
    shell = subprocess.Popen(
        ["bash", "--norc"],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert shell.stdin is not None
    assert shell.stdout is not None
    try:
        for step in taken:
            command = step.instead if step.instead.startswith(f"{use} ") else step.command
            say(f"$ {command}")
            began, output = time.monotonic(), b""
            # stdin is the shell's: a command that asks would take the next ones for an answer.
            shell.stdin.write(
                f"{{ {command}\n}} </dev/null; _code=$?; printf '\\0%s\\0\\n' $_code; (exit $_code)\n".encode()
            )
            shell.stdin.flush()
            while not (end := _END.search(output)):
                line = shell.stdout.readline()
                assert line, f"the shell ended in {command}"
                output += line
                if text := _END.sub(b"", line).decode(errors="replace").rstrip("\n"):
                    say(text)
            text = output[: end.start()].decode(errors="replace")
            took = Took(step, command, int(end[1]), text, time.monotonic() - began)
            say(f"({took.seconds:.1f} s)")
            yield took
            if not took.as_shown:
                return
    finally:
        shell.stdin.close()
        shell.stdout.close()
        shell.wait()


@contextmanager
def newcomer(wheels: Path | None = None, python: str = "") -> Iterator[tuple[dict[str, str], Path]]:
    """The variables and the empty folder of someone who has Python, uv and pipx, and has never seen batchwright.

    Args:
        wheels: Where batchwright comes from; none for a copy of this checkout, which is in their folder.
        python: Their Python; empty for this one's.
    """
    with tempfile.TemporaryDirectory(prefix="first-day-") as made:
        top = Path(made)
        for name in ("home", "work", "bin", "wheels"):
            (top / name).mkdir()
        if wheels is None:
            left = shutil.ignore_patterns(".?*", "dist", "cdk.out", "__pycache__")
            shutil.copytree(ROOT, top / "work" / "batchwright", ignore=left, symlinks=True)
        else:
            shutil.copytree(wheels, top / "wheels", dirs_exist_ok=True)
        for tool in ("uv", "pipx"):
            if found := shutil.which(tool, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}"):
                (top / "bin" / tool).symlink_to(found)
        if python:
            (top / "bin/python3").symlink_to(python)
        yield {**variables(top), **({"UV_PYTHON": python} if python else {})}, top / "work"


def variables(top: Path) -> dict[str, str]:
    """A new user's variables: those that say where packages come from, and none that the tests or a shell have set."""
    sys.path.insert(0, str(ROOT / "requirements"))
    from install import pip_settings, uv_variables  # type: ignore[import-not-found]

    settings: dict[str, str] = pip_settings()
    settings["find-links"] = f"{top / 'wheels'} {settings.get('find-links', '')}".strip()
    pip = {f"PIP_{name.replace('-', '_').upper()}": value for name, value in settings.items()}
    kept = {name: os.environ[name] for name in ("LANG", "TERM", "TMPDIR", "SSL_CERT_FILE") if name in os.environ}
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    path = [top / "home/.local/bin", top / "bin", Path(sys.base_prefix) / "bin", "/usr/local/bin", "/usr/bin", "/bin"]
    return {
        **kept,
        **proxies,
        **pip,
        **uv_variables(settings, {}),
        "HOME": str(top / "home"),
        "PATH": ":".join(map(str, path)),
        "BATCHWRIGHT_BACKEND": "process",  # an engine would have to pull the image of a language
    }


def main() -> int:
    """Walks, and prints the seconds."""
    parser = argparse.ArgumentParser(prog="make first-day")
    parser.add_argument("--with", dest="use", default="uv", choices=["uv", "pipx"])
    use: str = parser.parse_args().use
    all_steps = steps(ROOT / "README.md")
    with newcomer() as (environment, folder):
        taken = list(walk(all_steps, environment, folder, use=use, say=lambda line: print(line, flush=True)))
    seconds = sum(one.seconds for one in taken)
    if not (last := taken[-1]).as_shown:
        what = f"{last.command}: exit {last.code}; it shows {', '.join(last.step.shown)!r}"
        print(f"first day: not as the README shows: {what}", file=sys.stderr)
        return 1
    print(f"first day: {seconds:.0f} s from the installation to the exit code of the first own batch")
    return int(seconds > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
