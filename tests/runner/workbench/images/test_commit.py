"""``batchwright image push`` builds what is committed, and nothing that git ignores."""

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.workbench.images.commit import find_source, write_source
from tests.runner.workbench.images.fake_engine import files_of
from tests.runner.workbench.images.support import COMMIT, Bench, commit, git

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
    commit: str = ""
    note: str = ""

    def built(self, file: str = "", given: str = "") -> dict[str, Any]:
        """The files that an engine is given: path to time and mode; the text of the Dockerfile that is named."""
        found = find_source(Path("context"), file, given)
        self.commit, self.note = found.commit, found.note
        made = write_source(found, Path(mkdtemp(dir=self.scratch)))
        return files_of(["build", *(("--file", made.file) if made.file else ()), str(made.context)])

    def refused(self, file: str = "", given: str = "") -> str:
        with pytest.raises(UsageError) as caught:
            self.built(file, given)
        return str(caught.value)

    def write(self, name: str, text: str = "SECRET=1\n") -> None:
        (self.root / name).write_text(text)


@pytest.fixture
def tree(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Tree:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "context").mkdir()
    return Tree(tmp_path, tmp_path_factory.mktemp("scratch"))


@pytest.fixture
def other(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another repository, which is a submodule of the tree's."""
    made = tmp_path_factory.mktemp("other")
    commit(made, **{"lib/code.py": "", ".gitignore": "local.env\n"})
    commit(tree.root, **FILES)
    git(tree.root, "submodule", "--quiet", "add", str(made), "context/vendored")
    commit(tree.root)
    return made


def test_what_git_ignores_is_not_in_the_image(bench: Bench) -> None:
    digits = commit(bench.folder, **FILES)
    for name in ("context/local.env", "context/app/debug.log"):
        (bench.folder / name).write_text("SECRET=1\n")

    done = bench.push("--json")

    assert json.loads(done.text)["tag"] == f"sha-{digits[:12]}"
    assert sorted(bench.built) == COMMITTED
    assert f"building what commit {digits[:12]} has of context" in done.err


def test_a_commit_that_is_named_is_built_and_not_the_folder(tree: Tree) -> None:
    digits = commit(tree.root, **FILES)
    commit(tree.root, **{"context/later.py": ""})
    tree.write("context/local.env")
    tree.write("context/new.py")

    assert sorted(tree.built(given=digits[:12])) == COMMITTED
    assert tree.commit == digits
    assert "not committed, so not in it: context/new.py" in tree.note


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

    assert sorted(tree.built(given=digits)) == COMMITTED


def test_what_is_no_commit_is_refused(tree: Tree) -> None:
    assert "'abc' is not a commit" in tree.refused(given="abc")
    assert "context is not in a git repository. Add --commit COMMIT" in tree.refused()
    git(tree.root, "init", "--quiet")
    assert "context is in a git repository without a commit" in tree.refused()
    commit(tree.root, **FILES)
    assert f"git does not know {COMMIT} in context" in tree.refused(given=COMMIT)


def test_values_that_are_committed_are_refused(tree: Tree) -> None:
    commit(tree.root, **{**FILES, ".gitignore": "", "context/local.env": "SECRET=1\n"})

    refused = tree.refused()

    assert "the image would hold secrets: context/local.env is committed" in refused
    assert "add local.env to .gitignore" in refused


def test_a_folder_that_git_ignores_has_nothing_to_build(tree: Tree) -> None:
    commit(tree.root, **{".gitignore": "context/\n/bin/\n"})
    tree.write("context/Dockerfile", "FROM scratch\n")

    assert "has no files in context" in tree.refused()


def test_files_have_the_same_times_and_modes_everywhere(tree: Tree) -> None:
    commit(tree.root, **FILES)
    (tree.root / "context/app/main.py").chmod(0o700)
    git(tree.root, "commit", "--quiet", "--all", "-m", "executable")
    when = int(git(tree.root, "show", "--no-patch", "--format=%ct", "HEAD"))

    built = tree.built()

    assert built["app/main.py"] == [when, "0o755"]
    assert built["Dockerfile"] == [when, "0o644"]


def test_names_of_all_kinds_links_and_what_is_left_out_of_archives(tree: Tree) -> None:
    (tree.root / "context/link").symlink_to("app/main.py")
    commit(tree.root, **FILES, **{"context/日本 語\n.txt": "x", ".gitattributes": "batch.py export-ignore\n"})

    assert sorted(tree.built()) == sorted([*COMMITTED, "link", "日本 語\n.txt"])


@pytest.mark.usefixtures("other")
def test_submodules_are_built_as_the_commit_names_them(tree: Tree) -> None:
    tree.write("context/vendored/local.env")

    assert sorted(tree.built()) == sorted([*COMMITTED, "vendored/.gitignore", "vendored/lib/code.py"])


@pytest.mark.usefixtures("other")
def test_a_submodule_that_is_not_checked_out_is_refused(tree: Tree) -> None:
    git(tree.root, "submodule", "--quiet", "deinit", "--force", "context/vendored")

    refused = tree.refused()

    assert "the submodule context/vendored is not checked out" in refused
    assert "git submodule update --init" in refused


def test_a_dockerfile_beside_the_folder_is_the_commits(tree: Tree) -> None:
    digits = commit(tree.root, **FILES, **{"docker/Dockerfile.batch": "FROM committed\n"})
    tree.write("docker/Dockerfile.batch", "FROM edited\n")

    assert tree.built("docker/Dockerfile.batch", digits)["--file"] == "FROM committed\n"
    assert "not committed, so not in it: docker/Dockerfile.batch" in tree.note
    assert "files of context are not committed: docker/Dockerfile.batch" in tree.refused("docker/Dockerfile.batch")


def test_a_dockerfile_inside_the_folder_may_be_named_from_there_and_one_that_git_ignores_not(tree: Tree) -> None:
    commit(tree.root, **FILES, **{"context/batch.dockerfile": "FROM inside\n"})
    tree.write("context/x.log", "FROM ignored\n")

    assert "has no context/x.log. Commit it, or name a commit that has it" in tree.refused("context/x.log")
    assert tree.built("batch.dockerfile")["--file"] == "FROM inside\n"


def test_without_git_the_folder_is_built_and_that_is_said_unless_it_holds_values(tree: Tree) -> None:
    tree.write("context/Dockerfile", "FROM scratch\n")

    assert list(tree.built(given=COMMIT)) == ["Dockerfile"]
    assert (tree.commit, "context is not in a git repository: all its files are built" in tree.note) == (COMMIT, True)
    (tree.root / "context/deep").mkdir()
    tree.write("context/deep/local.env")
    assert "context/deep/local.env would go into it" in tree.refused(given=COMMIT)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1", "dubious ownership"), ("PATH", "/none", "git was not found")],
)
def test_a_repository_that_cannot_be_read_is_not_taken_for_none(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    digits = commit(tree.root, **FILES)
    monkeypatch.setenv(name, value)

    with pytest.raises(RunnerError, match=problem):
        tree.built(given=digits)


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
    commit(bench.folder / "rails", **{"later.rb": ""})

    done = bench.push_here("--json", "--commit", digits)

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
    assert sorted(bench.built) == ["batchwright.toml", "own.Dockerfile"]


def test_a_folder_that_the_file_names_and_that_does_not_exist_is_an_error(bench: Bench) -> None:
    other_repository(bench)
    (bench.folder / "rails").rename(bench.folder / "moved")

    done = bench.push_here()

    assert done.code == 125
    assert f"images.reports.context is '../rails', and there is no folder {bench.folder}/rails" in done.err
