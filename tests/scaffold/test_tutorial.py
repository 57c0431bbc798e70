"""The batch of docs/tutorial.md passes the project's own commands."""

import re
from pathlib import Path

from tests.kit.command import call
from tests.kit.pages import fences
from tests.scaffold.project import init, installed, linted, run

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
FILE = re.compile(r"`(batches/[\w/.]+)`")


def test_what_it_writes_before_the_first_commit_is_formatted_linted_and_tested(tmp_path: Path) -> None:
    init(tmp_path, "sales", "--ci", "none", "--yes")
    project = installed(tmp_path / "sales")
    call(project, "new", "daily-report", "--language", "shell", "--owner", "finance")
    walked = fences(PAGE.read_text(encoding="utf-8").partition("git commit")[0])
    written = [fence for fence in walked if fence.kind != "console" and FILE.search(fence.before)]
    files = [(FILE.findall(fence.before)[-1], fence.text) for fence in written]

    for name, content in files:
        project.joinpath(name).write_text(content, encoding="utf-8")
    tests = run(project, "make", "test")

    assert len(files) == 4
    assert [done.text for done in linted(project) if done.code] == []
    assert tests.code == 0, tests.both
