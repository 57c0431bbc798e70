"""docs/proof.md: what it refers to is there, and it shows what trials have seen; the project can be synthesized."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from docs.generate_proof import count, last, records, state, table
from tests.on_aws.__main__ import copied
from tests.on_aws.claims import CLAIMS, Claim

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "proof.md").read_text(encoding="utf-8")


def test_every_test_that_the_page_refers_to_is_there() -> None:
    references = {*re.findall(r"`(tests/[^`]+)`", PAGE)} - {"tests/on_aws/records/"}

    assert len(references) > 10
    assert [reference for reference in references if not (ROOT / reference).exists()] == []


def test_the_tables_are_those_of_the_claims_and_the_records() -> None:
    script = [sys.executable, "docs/generate_proof.py", "--check"]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert PAGE.count(" | ") > 2 * len(CLAIMS)


def record(date: str, answer: str, endpoint: str = "AWS", evidence: str = "3 | 4") -> dict[str, Any]:
    claims = [{"claim": "requests", "answer": answer, "evidence": evidence}]
    return {"date": date, "region": "eu-west-1", "commit": "0123456789ab", "endpoint": endpoint, "claims": claims}


def test_the_newest_answer_of_aws_counts_and_none_of_an_emulator(tmp_path: Path) -> None:
    def shown(*contents: dict[str, Any]) -> str:
        for path in tmp_path.iterdir():
            path.unlink()
        for number, content in enumerate(reversed(contents)):
            (tmp_path / f"{number}.json").write_text(json.dumps(content), encoding="utf-8")
        return last("requests", records(tmp_path))

    yes, no = record("2026-12-01", "seen"), record("2026-12-02", "not so")
    assert shown() == ""
    assert shown(yes) == "2026-12-01, eu-west-1, 01234567"
    assert shown(yes, record("2026-12-03", "cannot be seen here")) == "2026-12-01, eu-west-1, 01234567"
    assert shown(yes, no) == "**not so**: 2026-12-02, eu-west-1, 01234567: 3 \\| 4"
    assert shown(no, record("2026-12-03", "seen")) == "2026-12-03, eu-west-1, 01234567"
    assert shown(record("2026-12-01", "seen", "http://127.0.0.1:4566")) == ""
    assert last("another", records(tmp_path)) == ""


def test_a_claim_says_how_sure_we_are_who_else_has_seen_it_and_what_it_needs() -> None:
    near = Claim(key="a", what="A | B", otherwise="nothing", part="before", sure=85, seen="[x](https://x)")
    both = replace(near, documented="[AWS](https://y)")
    far = Claim(key="b", what="C", otherwise="nothing", needs="two accounts", sure=60)

    assert table([near, both, far], ()).splitlines()[2:] == [
        "| A \\| B (85%) | [x](https://x) |  | nothing |",
        "| A \\| B (85%) | [x](https://x); documented: [AWS](https://y) |  | nothing |",
        "| C (60%) | no | needs two accounts | nothing |",
    ]
    assert count([near, both, replace(far, documented="z"), far]).startswith(
        "Of 4 rows others have met 2 on AWS, 1 more are documented by AWS, and 1 rest on our word alone"
    )


BLOCKS = re.compile(r"deployment fails|platform's deployment|\bno run\b.* starts|\bno batch\b.* deploys|no run with")


def test_no_claim_that_could_block_a_deployment_or_a_start_stands_on_our_word_alone() -> None:
    blocking = [claim for claim in CLAIMS if BLOCKS.search(claim.otherwise)]

    assert len(blocking) > 10
    assert [claim.key for claim in blocking if not (claim.seen or claim.documented)] == []


def test_each_claim_is_weighed_and_names_its_sources_by_links() -> None:
    assert [claim.key for claim in CLAIMS if not 50 <= claim.sure < 100] == []
    said = [source for claim in CLAIMS for source in (claim.seen, claim.documented) if source]
    assert [source for source in said if not re.match(r"\[[^]]+\]\(https://[^ )]+\)", source)] == []


def test_the_page_says_that_there_was_no_trial_until_there_was_one() -> None:
    assert "No trial has been run" in state(())
    assert state([record("2026-12-01", "seen")]) == "The last trial on AWS: 2026-12-01, eu-west-1, 01234567."


def test_the_page_names_the_rights_of_the_checks() -> None:
    used = {"simulate_custom_policy", "test_event_pattern", "test_state", "validate_template"}
    names = {re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower() for action in re.findall(r'"\w+:(\w+)"', PAGE)}

    assert names == used | {"validate_state_machine_definition"}


def test_the_project_is_made_for_an_account_and_a_region(tmp_path: Path) -> None:
    project = copied(tmp_path / "trial", "424242424242", "eu-west-1")

    done = subprocess.run(
        [sys.executable, "app.py"], cwd=project, env={**os.environ, "CDK_OUTDIR": "out"}, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    templates = {path.name.partition(".")[0]: path.read_text() for path in (project / "out").glob("*.template.json")}
    assert {"trial-registry", "trial-probe-platform", "trial-probe-alerts"} < set(templates)
    everything = "".join([*templates.values(), *(path.read_text() for path in project.glob("*.toml"))])
    assert "111111111111" not in everything
    assert "us-east-1" not in everything
