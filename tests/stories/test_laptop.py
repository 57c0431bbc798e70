"""A laptop in a project's folder: nothing is set but credentials, and AWS is far, slow, gone, or another one."""

import json
import re

from tests.fake_aws import Script, steady
from tests.stories.story import Seen, story

HOME = {"AWS_DEFAULT_REGION": ""}
STAGES = {"staging": {"account": "111111111111", "region": "eu-west-1", "subnets": ["subnet-1"]}}
CDK_JSON = {"cdk.json": json.dumps({"app": "python app.py", "context": {"project": "batches", "stages": STAGES}})}
OTHER = {"cdk.json": json.dumps({"app": "python app.py", "context": {"project": "sales", "stages": STAGES}})}
PLAIN = Script(lines=steady(3), exit_code=3)


@story(PLAIN, env=HOME, files=CDK_JSON)
def test_nothing_but_credentials_and_the_projects_folder_is_needed(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (3, ["line 0", "line 1", "line 2"]), seen.err
    assert "account 111111111111, region eu-west-1, project batches, stage staging" in seen.err
    assert " is in region " not in seen.err


@story(PLAIN, env={"AWS_REGION": "us-east-1"}, files=CDK_JSON)
def test_a_shell_of_another_region_is_one_line(seen: Seen) -> None:
    assert seen.code == 3, seen.err
    (line,) = [line for line in seen.err.splitlines() if " is in region " in line]
    assert re.fullmatch(
        r"batchwright: stage staging is in region eu-west-1, as /.*/cdk\.json says; AWS_REGION is us-east-1", line
    )


@story(PLAIN, env=HOME, files=OTHER, act=lambda running: running.another("list", "-s", "staging"))
def test_no_batches_says_where_it_looked_and_so_does_a_list_of_none(seen: Seen) -> None:
    where = "There are no batches in account 111111111111, region eu-west-1, project sales, stage staging"
    assert (seen.code, seen.another.code, seen.another.out) == (2, 0, b"")
    assert f"{where}: cdk deploy makes those that the project declares" in seen.err
    assert f"{where}: cdk deploy makes those that the project declares" in seen.another.err


@story(PLAIN, env={"AWS_DEFAULT_REGION": ""})
def test_a_region_that_nothing_says_is_not_a_defect(seen: Seen) -> None:
    assert seen.code == 125
    assert "stage staging cannot be found: no file says its region, and AWS_REGION is not set. Change" in seen.err
