"""What a release refuses, and that two builds are the same: on small projects, so that a test takes a second."""

import os
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from batchwright_runner import __version__
from tests.release import tries
from tests.release.__main__ import check_pages
from tests.release.build import (
    Commit,
    ReleaseError,
    absolute,
    build,
    build_twice,
    check,
    check_changelog,
    check_tag,
    committed,
)

ROOT = Path(__file__).parents[2]
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "batchwright"
version = "0.1.0"
readme = "README.md"
requires-python = ">=3.11"
[tool.hatch.build.targets.wheel]
packages = ["batchwright", "batchwright_runner"]
[tool.hatch.build.targets.sdist]
include = ["/batchwright", "/batchwright_runner", "/README.md"]
"""


def git(root: Path, *arguments: str) -> None:
    author = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", *author, *arguments], cwd=root, env=env, check=True, capture_output=True)


@pytest.fixture
def dist(root: Path, tmp_path: Path) -> Path:
    """Its distributions."""
    build(root, tmp_path / "dist", committed(root))
    return tmp_path / "dist"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that is committed."""
    project = tmp_path / "project"
    for name in ("batchwright", "batchwright_runner"):
        (project / name).mkdir(parents=True)
        (project / name / "__init__.py").write_text("VALUE = 1\n")
    (project / "pyproject.toml").write_text(PROJECT)
    (project / "README.md").write_text("# It\n\nSee [more](docs/more.md).\n")
    git(project, "init", "--quiet")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message", "first")
    return project


def test_two_builds_are_the_same(root: Path, tmp_path: Path) -> None:
    dist = build_twice(root, committed(root), tmp_path / "work")

    assert sorted(path.name for path in dist.iterdir()) == [
        "batchwright-0.1.0-py3-none-any.whl",
        "batchwright-0.1.0.tar.gz",
    ]


def test_a_build_that_depends_on_where_it_is_made_is_refused(root: Path, tmp_path: Path) -> None:
    (root / "hatch_build.py").write_text(
        "import os\nfrom hatchling.builders.hooks.plugin.interface import BuildHookInterface\n"
        "class Hook(BuildHookInterface):\n    def initialize(self, version, build_data):\n"
        "        open(os.path.join(self.root, 'batchwright', 'place.py'), 'w').write(repr(self.root))\n"
    )
    with (root / "pyproject.toml").open("a") as file:
        file.write('[tool.hatch.build.hooks.custom]\npath = "hatch_build.py"\n')
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "second")

    with pytest.raises(ReleaseError, match=r"cmp .*batchwright-0\.1\.0"):
        build_twice(root, committed(root), tmp_path / "work")


def test_every_file_has_the_time_of_the_commit(root: Path, tmp_path: Path) -> None:
    build(root, tmp_path / "dist", Commit("x", 1_700_000_000))
    with zipfile.ZipFile(next((tmp_path / "dist").glob("*.whl"))) as wheel:
        times = {entry.date_time for entry in wheel.infolist()}
    with tarfile.open(next((tmp_path / "dist").glob("*.tar.gz"))) as sdist:
        seconds = {entry.mtime for entry in sdist.getmembers()}

    assert times == {(2023, 11, 14, 22, 13, 20)}
    assert seconds == {1_700_000_000}


def test_what_is_not_committed_is_refused(root: Path) -> None:
    (root / "new.py").write_text("")

    with pytest.raises(ReleaseError, match=r"not committed: new\.py"):
        committed(root)


def test_no_checkout_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="git status fails"):
        committed(tmp_path)


def test_a_build_that_fails_says_why(root: Path, tmp_path: Path) -> None:
    (root / "pyproject.toml").write_text(PROJECT.replace('version = "0.1.0"', 'version = "x y"'))

    with pytest.raises(ReleaseError, match="build --no-isolation fails"):
        build(root, tmp_path / "dist", Commit("x", 1))


@pytest.mark.parametrize("tag", ["0.1.0", "v0.1.1", "v0.1.0 ", ""])
def test_a_tag_of_another_version_is_refused(tag: str) -> None:
    check_tag("v0.1.0", "0.1.0")
    with pytest.raises(ReleaseError, match=r"v0\.1\.0 fits"):
        check_tag(tag, "0.1.0")


@pytest.mark.parametrize(
    "text", ["## [Unreleased]", "## [0.1.0]", "## [0.1.01] - 2026-12-01", "# [0.1.0] - 2026-12-01"]
)
def test_a_changelog_without_the_version_is_refused(text: str) -> None:
    check_changelog("## [Unreleased]\n\n## [0.1.0] - 2026-12-01\n", "0.1.0")
    with pytest.raises(ReleaseError, match="rename"):
        check_changelog(f"# Changelog\n\n{text}\n", "0.1.0")


def test_stale_japanese_pages_are_refused_and_named(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    script = tmp_path / "docs/japanese.py"
    script.write_text("print('docs/ja/tutorial.md: docs/tutorial.md has changed since'); raise SystemExit(1)")

    with pytest.raises(ReleaseError, match=r"docs/ja/tutorial\.md: docs/tutorial\.md has changed"):
        check_pages(tmp_path)
    script.write_text("print('8 pages')")
    check_pages(tmp_path)


def test_links_into_the_repository_are_written_out_and_no_others() -> None:
    text = '[a](docs/a.md#b) [c](#c) [d](https://e.x/y) ![p](docs/p.png) <img src="docs/p.png"> <a href="#x">'

    assert absolute(text, "https://h/o/r/blob/v1/") == (
        "[a](https://h/o/r/blob/v1/docs/a.md#b) [c](#c) [d](https://e.x/y) ![p](https://h/o/r/blob/v1/docs/p.png) "
        '<img src="https://h/o/r/blob/v1/docs/p.png"> <a href="#x">'
    )


@pytest.mark.parametrize("name", ["constructs/__init__.py", "batchwright/x.pyc", "tests/test_it.py"])
def test_a_file_that_a_wheel_may_not_hold_is_found(dist: Path, name: str) -> None:
    check(dist)
    path = next(dist.glob("*.whl"))
    with zipfile.ZipFile(path) as wheel:
        held = {entry: wheel.read(entry) for entry in wheel.namelist()}
    record = next(entry for entry in held if entry.endswith("/RECORD"))
    held |= {name: b"x = 1\n", record: held[record] + f"{name},,\n".encode()}
    with zipfile.ZipFile(path, "w") as wheel:
        for entry, content in held.items():
            wheel.writestr(entry, content)

    with pytest.raises(ReleaseError, match="check_wheel_contents"):
        check(dist)


def test_a_description_that_an_index_would_refuse_is_found(root: Path, tmp_path: Path) -> None:
    (root / "README.md").write_text("")
    build(root, tmp_path / "dist", Commit("x", 1_700_000_000))

    with pytest.raises(ReleaseError, match="twine check"):
        check(tmp_path / "dist")


def test_a_python_that_is_not_here_is_named_and_nothing_is_downloaded(tmp_path: Path) -> None:
    lines: list[str] = []

    assert tries.try_all(tmp_path, "0.1.0", lines.append, ["3.2"]) == ["3.2"]
    assert lines == []


def test_the_version_is_in_one_place() -> None:
    sources = [source for folder in ("constructs", "runner") for source in (ROOT / folder).rglob("*.py")]
    held = [source for source in sources if re.search(r'__version__(: str)? = "', source.read_text(encoding="utf-8"))]

    assert held == [ROOT / "runner/batchwright_runner/_version.py"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    assert 'dynamic = ["version"]' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
