"""The README's first day, replayed as a new user, and its lines of installation."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from batchwright_runner._version import __version__
from tests.first_day import LIMIT, ROOT, Step, newcomer, steps, walk
from tests.kit.not_tried import unavailable

README = ROOT / "README.md"


@pytest.fixture(scope="module")
def someone() -> Iterator[tuple[dict[str, str], Path]]:
    """A new user: their variables, and a folder with a checkout."""
    with newcomer() as (environment, folder):
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder.parent / "wheels")]
        tried = subprocess.run([*pip, "six"], env=environment, capture_output=True, text=True, timeout=120, check=False)
        if tried.returncode:
            unavailable("index of packages", tried.stderr.strip().splitlines()[-1], "tell pip of one: PIP_INDEX_URL")
        yield environment, folder


def said(someone: tuple[dict[str, str], Path], *taken: Step) -> list[tuple[int, str, bool]]:
    environment, folder = someone
    found = walk(taken, environment, folder, use="uv", say=lambda _: None)
    return [(one.code, one.output.strip(), one.as_shown) for one in found]


@pytest.fixture
def nobody(tmp_path: Path) -> tuple[dict[str, str], Path]:
    """Someone with an empty folder, who has nothing."""
    return {"PATH": os.defpath}, tmp_path


def test_it_ends_where_the_readme_shows_something_else(nobody: tuple[dict[str, str], Path]) -> None:
    assert said(nobody, Step("echo Hello", shown=("Hullo",)), Step("echo never")) == [(0, "Hello", False)]


def test_the_other_command_is_taken_where_it_is_of_the_program(nobody: tuple[dict[str, str], Path]) -> None:
    found = walk([Step("uv x", "echo y")], *nobody, use="echo", say=lambda _: None)

    assert [(one.command, one.output.strip()) for one in found] == [("echo y", "y")]


def test_both_readmes_have_the_same_day() -> None:
    assert steps(README) == steps(ROOT / "README.ja.md")
    assert steps(README)[0].instead == "pipx install './batchwright[local]'"
    assert Step("make demo", shown=("Hello from hello",)) in steps(README)
    assert steps(README)[-1] == Step("echo $?", shown=("0",))


def test_the_readmes_commands_do_what_it_shows(someone: tuple[dict[str, str], Path]) -> None:
    environment, folder = someone
    printed: list[str] = []

    taken = list(walk(steps(README), environment, folder, use="uv", say=printed.append))

    assert [one.step for one in taken] == steps(README), "\n".join(printed)
    assert all(one.as_shown for one in taken), "\n".join(printed)
    print(f"{sum(one.seconds for one in taken):.0f} s of {LIMIT:.0f}")  # a shared machine may be slow: no limit here


def released(environment: dict[str, str], folder: Path) -> dict[str, str]:
    """The variables of someone who finds a wheel of this checkout where pip looks, as if it were released."""
    build = ["-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder / "wheels")]
    subprocess.run([sys.executable, *build], cwd=ROOT, check=True, capture_output=True)
    links = {"PIP_FIND_LINKS": " ", "UV_FIND_LINKS": ","}
    more = {name: between.join([str(folder / "wheels"), environment.get(name, "")]) for name, between in links.items()}
    return {**environment, **{name: value.strip(", ") for name, value in more.items()}}


def lines(page: str, word: str) -> list[str]:
    """The commands of a page, both of those that are told as ``A  # or: B``, which have a word."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^(?:\$ )?(\S.*? install .*?)(?: +# or: (.*))?$", text, re.MULTILINE)
    return [one.strip() for both in found for one in both if word in one and "batchwright" in one]


@pytest.mark.parametrize("page", ["README.md", "README.ja.md", "docs/rundeck.md"])
def test_a_schedulers_host_has_the_command_on_its_path(
    someone: tuple[dict[str, str], Path], tmp_path: Path, page: str
) -> None:
    environment = released(someone[0], tmp_path)
    uv, pipx = lines(page, "sudo ")

    wheel = f"./wheels/batchwright-{__version__}-py3-none-any.whl"
    assert pipx == f"sudo pipx install --global {wheel}"
    assert uv.endswith(f" uv tool install {wheel}")
    if page != "README.md":
        assert uv == lines("README.md", "sudo ")[0]
        return
    command = uv.removeprefix("sudo ").replace("/opt/", f"{tmp_path}/opt/").replace("/usr/local/", f"{tmp_path}/local/")
    subprocess.run(command, shell=True, cwd=tmp_path, env=environment, check=True, capture_output=True)
    version = subprocess.run([tmp_path / "local/bin/batchwright", "--version"], env={}, capture_output=True, text=True)
    assert version.stdout.startswith("batchwright, version ")


def test_pipx_installs_it_too(someone: tuple[dict[str, str], Path], tmp_path: Path) -> None:
    environment, folder = someone
    places = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    subprocess.run(["uv", "tool", "install", "--quiet", "pipx"], cwd=folder, env={**environment, **places}, check=True)
    environment = released(environment, tmp_path)
    own = {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "own")}
    glob = {"PIPX_GLOBAL_HOME": str(tmp_path / "opt"), "PIPX_GLOBAL_BIN_DIR": str(tmp_path / "global")}

    for line, made in (
        (steps(README)[0].instead, "own"),
        (lines("README.md", "--global")[0].removeprefix("sudo "), "global"),
    ):
        command = [str(tmp_path / "bin/pipx"), *shlex.split(line)[1:]]
        done = subprocess.run(
            command,
            cwd=folder if made == "own" else tmp_path,
            env={**environment, **own, **glob},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert (tmp_path / made / "batchwright").exists()
