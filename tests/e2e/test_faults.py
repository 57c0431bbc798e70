"""Faults are planted in a stage: ``verify`` finds each, and a run that meets one says the same; then all is well again.

Each step goes on where the one before it ended: a fault that was not mended would be found by the next look.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from batchwright_runner.contract.ends import NO_DEADLINE
from batchwright_runner.contract.stop_reasons import REVERT
from tests.e2e.account import Account
from tests.e2e.conftest import Machine, copied_project
from tests.e2e.console import Console
from tests.e2e.ground import STAGE, Ground, new_subnet, prepare
from tests.e2e.places import ACCOUNT, DEPLOY, QUIET, REGION
from tests.e2e.planted import MET_BY_A_RUN, SEEN_ONLY, Fault, no_deadlines
from tests.e2e.sources import Project
from tests.fake_aws import AwsServer


@pytest.fixture(scope="module")
def house(machine: Machine) -> Project:
    """A copy of the project."""
    return copied_project(machine.folder / "faults", "tests/e2e/faults")


@pytest.fixture(scope="module")
def ground(console: Console, account: Account, house: Project) -> Iterator[Ground]:
    """The stage, with a network of its own. The emulator has no quotas: those are a stand-in's."""
    with AwsServer(account=ACCOUNT, region=REGION) as quotas:
        changes = {"BATCHWRIGHT_PROJECT": "faults", "AWS_ENDPOINT_URL_SERVICE_QUOTAS": quotas.url}
        us = replace(console, folder=house.folder, environment={**console.environment, **changes})
        yield prepare(us, account, quotas)


def verified(ground: Ground) -> dict[str, dict[str, Any]]:
    """What ``verify`` finds that is neither well nor only worth a look, by check. There is something."""
    done = ground.us.run("batchwright", "verify", "nightly", "-s", "staging", "--json", code=1)
    return {finding["check"]: finding for finding in json.loads(done.text) if finding["status"] in ("fail", "unknown")}


def says(words: str, finding: dict[str, Any]) -> bool:
    """Whether a run says what was advised, wherever its lines are broken."""
    assert finding["advice"], finding
    return str(finding["advice"]).lower() in " ".join(words.split()).lower()


def test_a_stage_that_was_just_deployed_lacks_what_people_have_to_do(ground: Ground, house: Project) -> None:
    ground.us.run("cdk", "bootstrap", *QUIET)
    ground.us.run(*DEPLOY, "--all")
    house.commit("the image")

    assert verified(ground).keys() == {"image", "values"}


def test_what_it_names_is_done_and_it_runs(ground: Ground) -> None:
    ground.mended_by("batchwright", "params", "set", "nightly", "TOKEN", given="a token\n")
    ground.us.run("batchwright", "image", "push", "nightly", "batches/nightly")
    ground.mended_by("batchwright", "release", "nightly")

    ground.us.run("batchwright", "verify", "-s", "staging")
    assert ground.us.run("batchwright", "run", "nightly", "-s", "staging").lines == ["for dev@example.com"]


@pytest.mark.parametrize("fault", MET_BY_A_RUN, ids=lambda fault: fault.planted.__name__)
def test_a_run_that_meets_it_says_what_verify_has_said(ground: Ground, fault: Fault) -> None:
    with fault.planted(ground):
        found = verified(ground)
        done = ground.us.run("batchwright", "run", "nightly", "-s", "staging", code=126)

    assert found.keys() == {fault.check}
    assert says(done.err, found[fault.check])


def test_a_run_that_can_have_no_deadline_says_so_and_goes_on(ground: Ground) -> None:
    with no_deadlines(ground):
        found = verified(ground)
        done = ground.us.run("batchwright", "run", "nightly", "-s", "staging")

    assert found.keys() == {"deadline"}
    assert NO_DEADLINE in found["deadline"]["what"]
    assert NO_DEADLINE in done.err


@pytest.mark.parametrize("faults", SEEN_ONLY, ids=("off", "gone"))
def test_all_that_is_wrong_is_found_at_once(ground: Ground, faults: tuple[Fault, ...]) -> None:
    with ExitStack() as planted:
        for fault in faults:
            planted.enter_context(fault.planted(ground))

        assert verified(ground).keys() == {fault.check for fault in faults}


def test_what_only_a_deployment_mends(ground: Ground, account: Account, house: Project) -> None:
    ground.us.run("batchwright", "verify", "-s", "staging")
    (definition,) = account.client("ecs").list_task_definitions(familyPrefix=f"{STAGE}-nightly")["taskDefinitionArns"]
    account.client("ecs").deregister_task_definition(taskDefinition=definition)
    (subnet,) = account.client("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": [ground.vpc]}])["Subnets"]
    account.client("ec2").delete_subnet(SubnetId=subnet["SubnetId"])

    found = verified(ground)
    done = ground.us.run("batchwright", "run", "nightly", "-s", "staging", code=126)

    assert REVERT in done.err
    assert "--revert-drift" in ground.us.run("cdk", "deploy", "--help").text
    assert {"task definition", "subnets"} <= found.keys()
    assert says(done.err, found["task definition"])
    new_subnet(account, ground.vpc, "10.7.2.0/24")
    house.replace("batches/nightly/batch.py", "Says what it was given.", "Says for whom it works.")
    house.replace("batches/nightly/batch.py", 'command=["/app/nightly"]', 'command=["/app/nightly", "again"]')
    ground.us.run(*DEPLOY, "--all")


def test_all_is_well_again(ground: Ground) -> None:
    ground.us.run("batchwright", "verify", "-s", "staging")
    assert ground.us.run("batchwright", "run", "nightly", "-s", "staging").lines == ["for dev@example.com"]


def test_nothing_of_it_is_left(ground: Ground, account: Account) -> None:
    ground.us.run("cdk", "destroy", "--all", "--force", *QUIET)

    groups = account.client("scheduler").list_schedule_groups()["ScheduleGroups"]
    assert account.client("stepfunctions").list_state_machines()["stateMachines"] == []
    assert [group["Name"] for group in groups if group["Name"] != "default"] == []
