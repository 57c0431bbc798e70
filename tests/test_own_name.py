"""Until a first release nobody owns the name ``batchwright`` on an index: nothing that we print installs the name."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from batchwright_runner._version import __version__
from batchwright_runner.contract import installed
from batchwright_runner.contract.installed import requirement
from batchwright_runner.contract.project_pages import REPOSITORY

ROOT = Path(__file__).parents[1]
PLACEHOLDERS = {
    ".github/CODEOWNERS": 1,
    ".github/ISSUE_TEMPLATE/config.yml": 1,
    "LICENSE": 1,
    "README.ja.md": 2,
    "README.md": 2,
    "docs/ci.md": 2,
    "docs/schedules.md": 2,
    "docs/upgrading-and-leaving.md": 1,
    "pyproject.toml": 5,
    "runner/batchwright_runner/contract/project_pages.py": 1,
}
"""By the file how many of them there are: what gets its value with the first release (MAINTAINERS.md, *Releasing*)."""
PLACEHOLDER = re.compile(r'OWNER/batchwright|@OWNER/|name = "OWNER"|@0{40}|\[yyyy\] \[name of copyright owner\]')
SHOWN = ("*.md", "*.yml", "*.toml", "*.in", "*.sh", "*Dockerfile", "runner/*.py", "constructs/*.py", "*Makefile")
BY_NAME = re.compile(
    r"""\b(?:install|upgrade|uv\ add|uvx|pipx\ run)\b[^\n`]*?[ '"]
    batchwright(?:\[[a-z,]+\])?(?:[=<>~!]=[^\s'"]*)?(?![\w\[\]./-]|\ @)""",
    re.VERBOSE,
)
"""A command that has an index asked for the name: no path, no wheel, no address of a repository."""

OWNED = ("./batchwright[local]", "./wheels/batchwright-0.1.0-py3-none-any.whl", "batchwright[cdk] @ git+https://a")


def test_no_page_template_workflow_dockerfile_or_message_installs_the_bare_name() -> None:
    words = ["git", "ls-files", "--", *SHOWN, ":!tests", ":!MAINTAINERS.md"]
    files = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    texts = {file: (ROOT / file).read_text(encoding="utf-8") for file in files if (ROOT / file).is_file()}

    assert len(texts) > 300
    assert {file: found for file, text in texts.items() if (found := BY_NAME.findall(text))} == {}


def test_what_gets_its_value_with_the_first_release_is_listed() -> None:
    printed = (":!docs/reference", ":!docs/samples", ":!tests")
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", ".", *printed]
    files = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    texts = {file: (ROOT / file).read_text(encoding="utf-8", errors="ignore") for file in files}

    assert {file: len(found) for file, text in texts.items() if (found := PLACEHOLDER.findall(text))} == PLACEHOLDERS
    assert tomllib.loads(texts["pyproject.toml"])["project"]["urls"]["Homepage"] == REPOSITORY


@pytest.mark.parametrize(
    "form", ["{}", "'{}[local]'", "{}==0.1.0", '"{}[cdk]>=0.1"', "--global {}", "--no-cache {}==1 \\"]
)
def test_the_bare_name_is_found_in_each_form(form: str) -> None:
    for command in ("pip install", "uv tool install", "pipx install", "uv tool upgrade", "uvx --from", "uv add"):
        assert BY_NAME.search(f"$ {command} {form.format('batchwright')}\n")
        for owned in OWNED:
            assert not BY_NAME.search(f"$ {command} '{owned}'\n")


@pytest.mark.parametrize(
    ("direct_url", "asked"),
    [
        ('{"url": "file:///my%20src", "dir_info": {"editable": true}}', "'/my src[local]'"),
        ('{"url": "file:///w/b-1-py3-none-any.whl", "archive_info": {}}', "'/w/b-1-py3-none-any.whl[local]'"),
        (
            '{"url": "https://git.example/b", "vcs_info": {"vcs": "git", "commit_id": "0a1b"}}',
            "'batchwright[local] @ git+https://git.example/b@0a1b'",
        ),
        (None, f"'batchwright[local]=={__version__}'"),
    ],
    ids=["checkout", "wheel", "commit", "index of the house"],
)
def test_a_message_asks_for_this_batchwright_by_where_it_is_from(
    monkeypatch: pytest.MonkeyPatch, direct_url: str | None, asked: str
) -> None:
    class Installed:
        version = __version__

        def read_text(self, _: str) -> str | None:
            return direct_url

    monkeypatch.setattr(installed, "distribution", lambda _: Installed())

    assert requirement("local") == asked
