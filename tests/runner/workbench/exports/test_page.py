"""The sections of batchwright.toml on the page of schedules."""

import tomllib
from pathlib import Path

from batchwright_runner.workbench.exports import github_actions
from batchwright_runner.workbench.exports.settings import section
from tests.kit.pages import blocks

PAGE = Path(__file__).parents[4] / "docs/schedules.md"


def test_the_sections_on_the_page_can_be_read() -> None:
    sections = {
        name: section
        for block in blocks(PAGE.read_text(encoding="utf-8"), "toml")
        for name, section in tomllib.loads(block).items()
    }

    cron = section(sections.pop("cron"), "cron", "production", "")
    of_github = section(sections.pop("github-actions"), "github-actions", "production", "")
    github = github_actions.host_of(of_github, "production", "batchwright")

    assert cron["log"].endswith("{batch}.log")
    assert github["role"].startswith("arn:aws:iam:")
    assert sections == {}
