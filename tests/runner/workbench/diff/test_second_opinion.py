"""A second opinion on permissions: what the CDK's own diff says of the tables' cases, recorded.

Recorded with @aws-cdk/cloudformation-diff 2.187.5, in a folder in which npm has installed it:

    python -m tests.runner.workbench.diff.test_second_opinion FOLDER

It calls broader whatever adds a statement or a rule, or takes a denial away, whatever it reaches: so it does in eleven
cases that are narrower or equal. It does not look at ``NotAction``, ``NotResource``, permissions boundaries, groups of
users, layers, what acts with another role, and what a function's caller has to meet, and reads no ``Fn::If``.
"""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from batchwright_runner.workbench.diff.change import Gate
from tests.runner.workbench.diff import test_policies, test_stacks
from tests.runner.workbench.diff.support import changes, put, template

RECORDED = Path(__file__).with_name("second_opinion.json")
OURS_ALONE = {
    "a boundary dropped",
    "a user in one more group",
    "all but some",
    "another role beside the batch's file",
    "every resource but one",
    "one more user in a group",
    "rules of which only a deployment knows whether they are there",
    "who may call a function, of any organization",
    "who may call a function, unsigned",
    "who may use a layer",
}
"""Broader, and the CDK's diff does not see it."""
THEIRS_ALONE = {
    "open to less",
    "a narrower resource",
    "named actions in place of a wildcard",
    "a condition added",
    "a denial that is deleted with what it is about",
    "a role that goes with its boundary and its denials",
    "a smaller number in a condition",
    "denied on a condition before",
    "the same said otherwise",
    "capitals of actions do not count",
    "included by what there was",
}
"""Not broader, and the CDK's diff calls it so."""


def test_it_agrees_but_where_it_cannot_tell() -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    ours = {name: broader for name, _, _, broader in cases()}

    assert ours.keys() == recorded.keys(), "record it again"
    assert {name for name in ours if ours[name] and not recorded[name]} == OURS_ALONE
    assert {name for name in ours if recorded[name] and not ours[name]} == THEIRS_ALONE


def cases() -> list[tuple[str, dict[str, Any], dict[str, Any], bool]]:
    """Name, two templates, and whether ours says that permissions broaden."""
    found = []
    for name, (start, edits, _) in table(test_stacks.test_what_is_said):
        before = template()
        for path, value in start.items():
            put(before, path, copy.deepcopy(value))
        after = copy.deepcopy(before)
        for path, value in edits.items():
            put(after, path, value)
        said = changes(test_stacks.with_template(before), test_stacks.with_template(after))
        found.append((name, before, after, any(Gate.PERMISSIONS in one.gates for one in said)))
    for name, (old, new, expected) in table(test_policies.test_what_is_said):
        found.append((name, with_role(old), with_role(new), any(broader for broader, _ in expected)))
    return found


def table(test: Any) -> list[tuple[str, tuple[Any, ...]]]:  # noqa: ANN401 - a test function with its marks
    """The cases of a test: name and values."""
    (mark,) = [one for one in test.pytestmark if one.name == "parametrize"]
    return [(str(one.id), one.values) for one in mark.args[1]]


def with_role(statements: list[dict[str, Any]]) -> dict[str, Any]:
    """A template of one role."""
    policy = {"PolicyName": "own", "PolicyDocument": {"Statement": statements}}
    properties = {"AssumeRolePolicyDocument": {"Statement": []}, "Policies": [policy]}
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}


def record(folder: Path) -> None:
    """Asks the CDK's diff, and writes what it says."""
    ask = Path(__file__).with_name("second_opinion.cjs")
    given = json.dumps([(before, after) for _, before, after, _ in cases()])
    done = subprocess.run(
        ["node", "--eval", ask.read_text(encoding="utf-8")],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        check=True,
    )
    said = dict(zip([name for name, *_ in cases()], json.loads(done.stdout), strict=True))
    RECORDED.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record(Path(sys.argv[1]))
