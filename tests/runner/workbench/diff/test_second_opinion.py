"""A second opinion on permissions: what the CDK's own diff says of the tables' cases, recorded.

Recorded with @aws-cdk/cloudformation-diff 2.187.5, in a folder in which npm has installed it:

    python -m tests.runner.workbench.diff.test_second_opinion FOLDER
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.runner.workbench.diff.support import PARTS, edited, edits, rows, template

RECORDED = Path(__file__).with_name("second_opinion.json")


def test_whatever_it_calls_broader_counts_here() -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    ours = {name: counts for name, _, _, counts in cases()}

    assert ours.keys() == recorded.keys(), "record it again"
    assert [name for name in ours if recorded[name] and not ours[name]] == []
    assert sum(ours[name] and not recorded[name] for name in ours) > 5, "NotAction, other roles, groups, layers, Fn::If"


def cases() -> list[tuple[str, dict[str, Any], dict[str, Any], bool]]:
    """Name, two templates, and whether permissions change."""
    found = []
    for row in rows("stacks", **PARTS):
        before = edited(template(), edits(row.was))
        after = edited(before, edits(row.now))
        found.append((row.name, before, after, any(text.startswith("permissions | ") for text in row.said)))
    for row in rows("rules"):
        was, now = (with_role([json.loads(line) for line in lines]) for lines in (row.was, row.now))
        found.append((row.name, was, now, any(text.startswith("+") for text in row.said)))
    return found


def with_role(statements: list[dict[str, Any]]) -> dict[str, Any]:
    """A template of one role."""
    policy = {"PolicyName": "own", "PolicyDocument": {"Statement": statements}}
    properties = {"AssumeRolePolicyDocument": {"Statement": []}, "Policies": [policy]}
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}


if __name__ == "__main__":
    ask = RECORDED.with_suffix(".cjs").read_text(encoding="utf-8")
    given = json.dumps([(before, after) for _, before, after, _ in cases()])
    command = ["node", "--eval", ask]
    done = subprocess.run(command, cwd=sys.argv[1], input=given.encode(), capture_output=True, check=True)
    verdicts = dict(zip([name for name, *_ in cases()], json.loads(done.stdout), strict=True))
    RECORDED.write_text(json.dumps(verdicts, indent=1) + "\n", encoding="utf-8")
