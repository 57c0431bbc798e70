"""``batchwright image push`` builds what is committed, and nothing that git ignores; or a folder as it is."""

import json
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.workbench.images.commit import find_source, write_source
from tests.runner.workbench.images.fake_engine import files_of
from tests.runner.workbench.images.support import Bench, commit, git

FILES = {
    ".gitignore": "local.env\n*.log\n/bin/\n/log\n",
    "context/Dockerfile": "FROM scratch\nCOPY . .\n",
    "context/app/main.py": "print(1)\n",
    "context/batch.py": "",
    "context/.dockerignore": "x\n",
}
COMMITTED = [".dockerignore", "Dockerfile", "app/main.py", "batch.py"]


@dataclass
class Tree:
    """The working directory, whose folder ``context`` is built."""

    root: Path
    scratch: Path
    tag: str = ""
    note: str = ""

    def built(self, file: str = "", *, dirty: bool = False) -> dict[str, Any]:
        """The files that an engine is given: path to time and mode; the text of the Dockerfile that is named."""
        found = find_source(Path("context"), file, dirty=dirty)
        self.tag, self.note = found.tag, found.note
        context, dockerfile = write_source(found, Path(mkdtemp(dir=self.scratch)))
        return files_of(["build", *(("--file", dockerfile) if dockerfile else ()), str(context)])

    def refused(self, file: str = "", *, dirty: bool = False) -> str:
        with pytest.raises(UsageError) as caught:
            self.built(file, dirty=dirty)
        return str(caught.value)

    def write(self, name: str, text: str = "SECRET=1\n") -> None:
        (self.root / name).write_text(text)


@pytest.fixture
def tree(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Tree:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "context").mkdir()
    return Tree(tmp_path, tmp_path_factory.mktemp("scratch"))


def test_what_git_ignores_is_not_in_the_image(bench: Bench) -> None:
    files = {name.removeprefix("context/"): text for name, text in FILES.items()}
    digits = commit(bench.folder / "context", **files)
    for name in ("context/local.env", "context/app/debug.log"):
        (bench.folder / name).write_text("SECRET=1\n")

    done = bench.push("--json")

    assert json.loads(done.text)["tag"] == f"sha-{digits[:12]}"
    assert sorted(bench.built) == [".dockerignore", ".gitignore", *COMMITTED[1:]]
    assert f"building what commit {digits[:12]} has of context" in done.err


def test_files_that_are_not_committed_are_refused_by_their_names_and_how_many_more(tree: Tree) -> None:
    commit(tree.root, **FILES)
    git(tree.root, "config", "status.showUntrackedFiles", "no")
    for name in ("集計.py", "a.py", "b.py", "c.py", "d.py"):
        tree.write(f"context/{name}", "")

    assert "files of context are not committed: context/a.py, context/b.py, context/c.py and 2 more" in tree.refused()
    for name in "abcd":
        (tree.root / "context" / f"{name}.py").unlink()
    assert "are not committed: context/集計.py" in tree.refused()


def test_a_hook_of_another_repository_does_not_change_which_commit_is_built(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digits = commit(tree.root, **FILES)
    (tmp_path / "other").mkdir()
    git(tmp_path / "other", "init", "--quiet")
    commit(tmp_path / "other", a="")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other/.git/index"))

    assert sorted(tree.built()) == COMMITTED
    assert tree.tag == f"sha-{digits[:12]}"


def test_a_folder_without_a_commit_is_refused(tree: Tree) -> None:
    assert (
        "the image has no tag: context is not in a git repository. Commit it to one; --allow-dirty builds"
        in tree.refused()
    )
    git(tree.root, "init", "--quiet")
    assert "context is in a git repository without a commit" in tree.refused()


def test_values_that_are_committed_are_refused(tree: Tree) -> None:
    commit(tree.root, **{**FILES, ".gitignore": "", "context/local.env": "SECRET=1\n"})

    refused = tree.refused()

    assert "the image would hold secrets: context/local.env is committed" in refused
    assert "add local.env to .gitignore" in refused


def test_a_folder_that_git_ignores_has_nothing_to_build(tree: Tree) -> None:
    commit(tree.root, **{".gitignore": "context/\n/bin/\n"})
    tree.write("context/Dockerfile", "FROM scratch\n")

    assert "has no files in context. Commit them; --allow-dirty builds the folder as it is" in tree.refused()


def test_files_have_the_same_times_and_modes_everywhere(tree: Tree) -> None:
    commit(tree.root, **FILES)
    (tree.root / "context/app/main.py").chmod(0o700)
    git(tree.root, "commit", "--quiet", "--all", "-m", "executable")
    when = int(git(tree.root, "show", "--no-patch", "--format=%ct", "HEAD"))

    built = tree.built()

    assert built["app/main.py"] == [when, "0o755"]
    assert built["Dockerfile"] == [when, "0o644"]


def test_links_and_names_of_all_kinds_are_in_the_image(tree: Tree) -> None:
    names = ["日本 語\n.txt", "a[1]*.txt", ":(top)x", "x" * 120, b"\xff.txt".decode(errors="surrogateescape")]
    links = {"in": "app/main.py", "root": "/etc/hostname", "out": "../../outside"}
    for name, target in links.items():
        (tree.root / "context" / name).symlink_to(target)
    commit(tree.root, **FILES, **{f"context/{name}": "x" for name in names})
    when = int(git(tree.root, "show", "--no-patch", "--format=%ct", "HEAD"))

    built = tree.built()

    assert sorted(built) == sorted([*COMMITTED, *links, *names])
    assert {time for time, _ in built.values()} == {when}


def test_no_file_from_elsewhere_in_the_repository_is_written(tree: Tree) -> None:
    commit(tree.root, **FILES, **{"context-2/secret": "", "other/secret": ""})

    tree.built()

    assert not [*tree.scratch.rglob("secret")]


@pytest.mark.parametrize(
    ("place", "rule", "left_out"),
    [
        (".gitattributes", "batch.py export-ignore\n", "context/batch.py"),
        ("context/.gitattributes", "/app export-ignore\n", "context/app/main.py"),
        (".git/info/attributes", "*.py export-ignore\n", "context/app/main.py, context/batch.py"),
    ],
)
def test_what_archives_leave_out_is_refused(tree: Tree, place: str, rule: str, left_out: str) -> None:
    commit(tree.root, **FILES)
    tree.write(place, rule)
    if not place.startswith(".git/"):
        commit(tree.root)

    assert f"export-ignore in .gitattributes leaves out {left_out}. Remove it there" in tree.refused()


def test_a_submodule_is_refused(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    commit(other, **{"lib/code.py": ""})
    commit(tree.root, **FILES)
    git(tree.root, "submodule", "--quiet", "add", str(other), "context/vendored")
    commit(tree.root)

    assert "the image cannot be built: context/vendored is a submodule" in tree.refused()


@pytest.mark.parametrize("edited", ["docker/Dockerfile.batch", "docker/Dockerfile.batch.dockerignore"])
def test_a_dockerfile_beside_the_folder_is_the_commits_with_its_dockerignore(tree: Tree, edited: str) -> None:
    file = "docker/Dockerfile.batch"
    commit(tree.root, **FILES, **{file: "FROM committed\n", f"{file}.dockerignore": "x\n", "docker/more": ""})

    assert tree.built(file)["--file"] == "FROM committed\n"
    assert {path.name for path in tree.scratch.rglob("docker/*")} == {
        Path(file).name,
        f"{Path(file).name}.dockerignore",
    }
    tree.write(edited, "edited\n")
    assert f"files of context are not committed: {edited}" in tree.refused(file)


def test_a_dockerfile_inside_the_folder_may_be_named_from_there_and_one_that_git_ignores_not(tree: Tree) -> None:
    commit(tree.root, **FILES, **{"context/batch.dockerfile": "FROM inside\n"})
    tree.write("context/x.log", "FROM ignored\n")

    assert "has no context/x.log. Commit it" in tree.refused("context/x.log")
    assert tree.built("batch.dockerfile")["--file"] == "FROM inside\n"


@pytest.mark.parametrize("git_knows_it", [True, False])
def test_a_folder_is_built_as_it_is_if_that_is_asked_for(tree: Tree, git_knows_it: bool) -> None:
    if git_knows_it:
        commit(tree.root, **FILES)
    tree.write("context/Dockerfile", "FROM scratch\n")
    tree.write("context/debug.log")

    assert {"Dockerfile", "debug.log"} <= tree.built(dirty=True).keys()
    assert tree.note == "building context as it is, and not a commit"


@pytest.mark.parametrize("place", ["context", "context/deep/er"])
@pytest.mark.parametrize("ignored", [True, False])
def test_a_folder_with_values_is_never_built_as_it_is(tree: Tree, place: str, ignored: bool) -> None:
    tree.write("context/Dockerfile", "FROM scratch\n")
    tree.write("context/.dockerignore", "**/local.env\n" if ignored else "")
    (tree.root / place).mkdir(parents=True, exist_ok=True)
    tree.write(f"{place}/local.env")

    assert f"{place}/local.env would go into it, since context is built as it is" in tree.refused(dirty=True)


def test_the_tag_of_a_folder_is_a_hash_of_all_that_is_in_it(tree: Tree) -> None:
    def tag(file: str = "") -> str:
        tree.built(file, dirty=True)
        return tree.tag

    commit(tree.root, **FILES, **{"docker/one": "FROM scratch\n"})
    first = tag()
    tags = [first, tag("docker/one")]
    assert re.fullmatch("dirty-[0-9a-f]{12}", first)
    git(tree.root, "commit", "--quiet", "--allow-empty", "-m", "later")
    assert tag() == first
    tree.write("docker/one", "FROM other\n")
    tags.append(tag("docker/one"))
    for change in (
        partial(tree.write, "context/app/main.py", "print(2)\n"),
        partial(tree.write, "context/new.log", ""),
        partial((tree.root / "context/app/main.py").chmod, 0o700),
        partial((tree.root / "context/link").symlink_to, "a"),
        partial((tree.root / "context/empty").mkdir),
    ):
        change()
        tags.append(tag())

    assert len({*tags}) == len(tags)


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write("context/Dockerfile", "FROM scratch\n")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "context/app")

    monkeypatch.setattr("os.listdir", refuse)
    with pytest.raises(RunnerError, match="context/app cannot be read: Permission denied"):
        tree.built(dirty=True)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1", "dubious ownership"), ("PATH", "/none", "git was not found")],
)
def test_a_repository_that_cannot_be_read_is_not_taken_for_none(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    commit(tree.root, **FILES)
    monkeypatch.setenv(name, value)

    with pytest.raises(RunnerError, match=problem):
        tree.built()


def other_repository(bench: Bench, dockerfile: str = "") -> str:
    """A repository beside the project, which the project's file names; gives its commit."""
    rails = bench.folder / "rails"
    rails.mkdir()
    digits = commit(rails, **{"Dockerfile": "FROM scratch\n", "app.rb": "", ".gitignore": "tmp\n"})
    (rails / "tmp").write_text("")
    more = f"dockerfile = '{dockerfile}'\n" if dockerfile else ""
    project = bench.folder / "context"
    commit(
        project, **{"batchwright.toml": f"[images.reports]\ncontext = '../rails'\n{more}", "own.Dockerfile": "FROM x\n"}
    )
    return digits


def test_an_image_of_another_repository_has_that_ones_commit_and_files(bench: Bench) -> None:
    digits = other_repository(bench)

    done = bench.push_here("--json")

    assert json.loads(done.text)["tag"] == f"sha-{digits[:12]}"
    assert sorted(bench.built) == [".gitignore", "Dockerfile", "app.rb"]
    assert f"building what commit {digits[:12]} has of {bench.folder}/rails" in done.err


def test_a_dockerfile_of_the_project_serves_another_repository_and_that_is_said(bench: Bench) -> None:
    other_repository(bench, "own.Dockerfile")

    done = bench.push_here()

    assert bench.ran("build")[bench.ran("build").index("--file") + 1] == f"{bench.folder}/context/own.Dockerfile"
    assert f"{bench.folder}/context/own.Dockerfile is not in its repository: it is used as it is" in done.err


def test_a_folder_that_is_given_wins_over_the_file(bench: Bench) -> None:
    digits = other_repository(bench)

    done = bench.push_here(".", "--json")

    assert json.loads(done.text)["tag"] != f"sha-{digits[:12]}"
    assert sorted(bench.built) == ["Dockerfile", "batchwright.toml", "own.Dockerfile"]


def test_a_folder_that_the_file_names_and_that_does_not_exist_is_an_error(bench: Bench) -> None:
    other_repository(bench)
    (bench.folder / "rails").rename(bench.folder / "moved")

    done = bench.push_here()

    assert done.code == 125
    assert f"images.reports.context is '../rails', and there is no folder {bench.folder}/rails" in done.err
