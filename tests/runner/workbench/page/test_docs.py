"""What docs/on-call.md shows of ``describe`` is what it prints."""

import re
from pathlib import Path

from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import aws as aws
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.kit.pages import typed_in
from tests.kit.projects import declared, make_project
from tests.runner.workbench.page.stage import ACCESS, FIELDS, QUICK, deploy, ran

PAGE = Path(__file__).parents[4].joinpath("docs/on-call.md").read_text(encoding="utf-8")
SHOWN = [typed for typed in typed_in(PAGE) if typed.command.startswith("batchwright describe")]
_CHANGING = (
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"), "0" * 32),
    (re.compile(r"\b[0-9a-f]{8}\b"), "00000000"),
    (re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) 20"), "Fri 20"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "2026-01-02"),
    (re.compile(r"\b\d\d-\d\d \d\d:\d\d\b"), "01-02 03:04"),
    (re.compile(r"\b\d\d:\d\d(?::\d\d)? JST"), "03:04 JST"),
    (re.compile(r"\b\d+\.\d+s\b"), "0.0s"),
)
"""What is different each time."""


def same(text: str) -> str:
    for pattern, constant in _CHANGING:
        text = pattern.sub(constant, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def test_the_page_shows_what_is_printed(aws: AwsServer, tmp_path: Path) -> None:
    (typed,) = SHOWN
    deploy(aws, QUICK)
    ran(aws)
    fields = {name: value for name, value in sample_manifest(**FIELDS).to_dict().items() if name != "batch"}
    reads, writes, at = ["mysql:shop.orders", "s3:sales"], ["sftp:finance"], "batches/daily_report/batch.py:14"
    described = declared(
        "daily-report", "true", manifest=fields, access=ACCESS, declared_at=at, reads=reads, writes=writes
    )
    make_project(tmp_path, described, project="batches", stages={"staging": {}})

    done = batchwright(aws, tmp_path, *typed.command.split()[1:])

    parts = same("\n".join(typed.shown)).split("\n…\n")
    assert len(parts) == 3
    assert [part for part in parts if part.strip("\n") not in same(done.text)] == []
