"""``batchwright image push`` builds what is committed, and nothing that git ignores."""

import json
from pathlib import Path

import pytest

from tests.kit.command import Done
from tests.runner.workbench.images.support import COMMIT, TAG, Bench, commit, git

FILES = {
    ".gitignore": "local.env\n*.log\n/bin/\n/log\n",
    "context/Dockerfile": "FROM scratch\nCOPY . .\n",
    "context/app/main.py": "print(1)\n",
    "context/batch.py": "",
    "context/.dockerignore": "x\n",
}


def written(folder: Path, name: str, text: str = "SECRET=1\n") -> None:
    (folder / name).write_text(text)


def error(done: Done) -> str:
    assert done.code == 2
    return done.err


def names(bench: Bench) -> list[str]:
    return sorted(bench.built)


COMMITTED = [".dockerignore", "Dockerfile", "app/main.py", "batch.py"]


def test_what_git_ignores_is_not_in_the_image(bench: Bench) -> None:
    digits = commit(bench.folder, **FILES)
    written(bench.folder, "context/local.env")
    written(bench.folder, "context/app/debug.log")

    done = bench.push("--json")

    assert json.loads(done.text)["tag"] == f"sha-{digits[:12]}"
    assert names(bench) == COMMITTED
    assert f"building what commit {digits[:12]} has of context" in done.err


def test_a_commit_that_is_named_is_built_and_not_the_folder(bench: Bench) -> None:
    digits = commit(bench.folder, **FILES)
    commit(bench.folder, **{"context/later.py": ""})
    written(bench.folder, "context/local.env")
    written(bench.folder, "context/new.py")

    done = bench.push("--commit", digits[:12])

    assert done.text.endswith(f":sha-{digits[:12]}\n")
    assert names(bench) == COMMITTED
    assert "not committed, so not in it: context/new.py" in done.err


def test_files_that_are_not_committed_are_refused(bench: Bench) -> None:
    commit(bench.folder, **FILES)
    written(bench.folder, "context/new.py", "")

    refused = error(bench.push("--json"))

    assert "files of context are not committed: context/new.py" in refused


def test_names_are_said_as_they_are_written_and_how_many_more(bench: Bench) -> None:
    commit(bench.folder, **FILES)
    git(bench.folder, "config", "status.showUntrackedFiles", "no")
    for name in ("集計.py", "a.py", "b.py", "c.py", "d.py"):
        written(bench.folder, f"context/{name}", "")

    refused = error(bench.push("--json"))

    assert "are not committed: context/a.py, context/b.py, context/c.py and 2 more" in refused
    for name in "abcd":
        (bench.folder / "context" / f"{name}.py").unlink()
    assert "are not committed: context/集計.py" in error(bench.push("--json"))


def test_a_hook_of_another_repository_does_not_change_which_commit_is_built(bench: Bench, tmp_path: Path) -> None:
    digits = commit(bench.folder, **FILES)
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    commit(other, a="")

    done = bench.push("--json", GIT_DIR=str(other / ".git"), GIT_INDEX_FILE=str(other / ".git" / "index"))

    assert json.loads(done.text)["tag"] == f"sha-{digits[:12]}"
    assert names(bench) == COMMITTED


def test_a_commit_that_git_does_not_know_is_refused(bench: Bench) -> None:
    commit(bench.folder, **FILES)

    assert f"git does not know {COMMIT} in context" in error(bench.push())


def test_an_abbreviation_that_is_too_short_is_refused(bench: Bench) -> None:
    assert "'abc' is not a commit" in error(bench.push("--commit", "abc"))


def test_a_repository_without_a_commit_gives_no_tag(bench: Bench) -> None:
    git(bench.folder, "init", "--quiet")

    assert "context is in a git repository without a commit" in error(bench.push("--json"))


def test_values_that_are_committed_are_refused(bench: Bench) -> None:
    commit(bench.folder, **{**FILES, ".gitignore": "", "context/local.env": "SECRET=1\n"})

    refused = error(bench.push("--json"))

    assert "the image would hold secrets: context/local.env is committed" in refused
    assert "add local.env to .gitignore" in refused


def test_a_folder_that_git_ignores_has_nothing_to_build(bench: Bench) -> None:
    commit(bench.folder, **{".gitignore": "context/\n/bin/\n"})
    written(bench.folder, "context/Dockerfile", "FROM scratch\n")

    assert "has no files in context" in error(bench.push("--json"))


def test_files_have_the_same_times_and_modes_everywhere(bench: Bench) -> None:
    digits = commit(bench.folder, **FILES)
    (bench.folder / "context/app/main.py").chmod(0o700)
    git(bench.folder, "commit", "--quiet", "--all", "-m", "executable")
    when = int(git(bench.folder, "show", "--no-patch", "--format=%ct", "HEAD"))

    bench.push("--json")

    assert digits
    assert bench.built["app/main.py"] == [when, "0o755"]
    assert bench.built["Dockerfile"] == [when, "0o644"]


def test_what_is_left_out_of_archives_is_in_the_image(bench: Bench) -> None:
    commit(bench.folder, **FILES, **{".gitattributes": "batch.py export-ignore\n"})

    bench.push("--json")

    assert names(bench) == COMMITTED


def test_names_of_all_kinds_and_links(bench: Bench) -> None:
    (bench.folder / "context").mkdir(exist_ok=True)
    (bench.folder / "context/link").symlink_to("app/main.py")
    commit(bench.folder, **FILES, **{"context/日本 語\n.txt": "x"})

    bench.push("--json")

    assert names(bench) == sorted([*COMMITTED, "link", "日本 語\n.txt"])


def test_submodules_are_built_as_the_commit_names_them(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    commit(other, **{"lib/code.py": "", ".gitignore": "local.env\n"})
    commit(bench.folder, **FILES)
    git(bench.folder, "submodule", "--quiet", "add", str(other), "context/vendored")
    commit(bench.folder)
    written(bench.folder, "context/vendored/local.env")

    bench.push("--json")

    assert names(bench) == sorted([*COMMITTED, "vendored/.gitignore", "vendored/lib/code.py"])


def test_a_submodule_that_is_not_checked_out_is_refused(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    commit(other, **{"lib/code.py": ""})
    commit(bench.folder, **FILES)
    git(bench.folder, "submodule", "--quiet", "add", str(other), "context/vendored")
    commit(bench.folder)
    git(bench.folder, "submodule", "--quiet", "deinit", "--force", "context/vendored")

    refused = error(bench.push("--json"))

    assert "the submodule context/vendored is not checked out" in refused
    assert "git submodule update --init" in refused


def test_a_dockerfile_beside_the_folder_is_the_commits(bench: Bench) -> None:
    digits = commit(bench.folder, **FILES, **{"docker/Dockerfile.batch": "FROM committed\n"})
    written(bench.folder, "docker/Dockerfile.batch", "FROM edited\n")

    done = bench.push("--commit", digits, "--file", "docker/Dockerfile.batch")

    assert bench.built["--file"] == "FROM committed\n"
    assert "not committed, so not in it: docker/Dockerfile.batch" in done.err
    refused = error(bench.push("--file", "docker/Dockerfile.batch"))
    assert "files of context are not committed: docker/Dockerfile.batch" in refused


def test_a_dockerfile_inside_the_folder_may_be_named_from_there(bench: Bench) -> None:
    commit(bench.folder, **FILES, **{"context/batch.dockerfile": "FROM inside\n"})

    bench.push("--file", "batch.dockerfile")

    assert bench.built["--file"] == "FROM inside\n"


def test_a_dockerfile_that_git_ignores_is_refused(bench: Bench) -> None:
    commit(bench.folder, **FILES)
    written(bench.folder, "context/x.log", "FROM ignored\n")

    assert "has no context/x.log. Commit it, or name a commit that has it" in error(
        bench.push("--file", "context/x.log")
    )


def test_without_git_the_folder_is_built_and_that_is_said(bench: Bench) -> None:
    written(bench.folder, "context/Dockerfile", "FROM scratch\n")

    done = bench.push()

    assert done.text.endswith(f":{TAG}\n")
    assert names(bench) == ["Dockerfile"]
    assert "context is not in a git repository: all its files are built" in done.err


def test_without_git_values_are_refused(bench: Bench) -> None:
    (bench.folder / "context/deep").mkdir()
    written(bench.folder, "context/deep/local.env")

    assert "context/deep/local.env would go into it" in error(bench.push())


def test_without_git_and_commit_there_is_no_tag(bench: Bench) -> None:
    done = bench.push("--json", GIT_CEILING_DIRECTORIES="/")

    assert "Add --commit COMMIT" in error(done)


def test_a_repository_that_git_refuses_is_not_taken_for_none(bench: Bench) -> None:
    commit(bench.folder, **FILES)
    written(bench.folder, "context/local.env")

    done = bench.push(GIT_TEST_ASSUME_DIFFERENT_OWNER="1")

    assert done.code == 125
    assert "dubious ownership" in done.err
    assert not (bench.folder / "log").exists()


def test_a_repository_without_the_program_git_is_not_taken_for_none(bench: Bench) -> None:
    commit(bench.folder, **FILES)

    done = bench.push(PATH=str(bench.folder / "bin"))

    assert done.code == 125
    assert "git was not found" in done.err


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
    assert names(bench) == [".gitignore", "Dockerfile", "app.rb"]
    assert f"building what commit {digits[:12]} has of {bench.folder}/rails" in done.err


def test_so_it_has_with_a_commit_that_is_named(bench: Bench) -> None:
    digits = other_repository(bench)
    commit(bench.folder / "rails", **{"later.rb": ""})

    assert bench.push_here("--commit", digits).text.endswith(f":sha-{digits[:12]}\n")
    assert names(bench) == [".gitignore", "Dockerfile", "app.rb"]


def test_what_is_not_committed_there_is_refused(bench: Bench) -> None:
    other_repository(bench)
    written(bench.folder, "rails/new.rb", "")

    assert f"files of {bench.folder}/rails are not committed: new.rb" in error(bench.push_here())


def test_a_dockerfile_of_the_project_serves_another_repository_and_that_is_said(bench: Bench) -> None:
    other_repository(bench, "own.Dockerfile")

    done = bench.push_here()

    assert bench.ran("build")[bench.ran("build").index("--file") + 1] == f"{bench.folder}/context/own.Dockerfile"
    assert f"{bench.folder}/context/own.Dockerfile is not in its repository: it is used as it is" in done.err


def test_a_folder_that_is_given_wins_over_the_file(bench: Bench) -> None:
    digits = other_repository(bench)

    done = bench.push_here(".", "--json")

    assert json.loads(done.text)["tag"] != f"sha-{digits[:12]}"
    assert names(bench) == ["batchwright.toml", "own.Dockerfile"]


def test_a_folder_that_the_file_names_and_that_does_not_exist_is_an_error(bench: Bench) -> None:
    other_repository(bench)
    (bench.folder / "rails").rename(bench.folder / "moved")

    done = bench.push_here()

    assert done.code == 125
    assert f"images.reports.context is '../rails', and there is no folder {bench.folder}/rails" in done.err
