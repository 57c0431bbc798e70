"""What keeps a batch from starting: ``verify`` finds it, and a run that meets it gives the same advice.

The server starts a task only where all that it needs is there, and says what is not as others have seen AWS say it.
"""

import json
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.stop_reasons import advice
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.verify.subject import as_a_run
from tests.fake_aws import AwsServer
from tests.fake_aws.errors import AwsError
from tests.fake_aws.fixtures import sample_manifest
from tests.fake_aws.services.run_task import run_task
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.runner.host.verify import planted
from tests.runner.host.verify.stage import deploy, push
from tests.stories.story import Running, Scenario, Seen, afterwards, scenario, sends, stories

NEVER = Verdict(Row.NEVER_STARTED, 126, "", "useless")
NO_KEY = "the execution role may not read a secret or parameter"


@dataclass(frozen=True)
class Kind:
    """A kind of fault.

    Attributes:
        plant: Plants it in a stage in which all is well.
        check: The check of ``verify`` that finds it.
        run: What a run says of it. Default: what ``verify`` advises.
    """

    plant: Callable[[AwsServer], None]
    check: str
    run: str = ""


KINDS = (
    Kind(planted.no_cluster, "cluster"),
    Kind(planted.spot, "cluster"),
    Kind(planted.no_image, "image"),
    Kind(planted.for_arm, "image"),
    Kind(planted.no_secret, "values"),
    Kind(planted.no_parameter, "values"),
    Kind(planted.deleted_secret, "values"),
    Kind(planted.gone_secret, "values"),
    Kind(planted.disabled_key, "key"),
    Kind(planted.dying_key, "key"),
    Kind(planted.no_key, "key", NO_KEY),
    Kind(planted.no_role, "execution role"),
    Kind(planted.no_trust, "task role"),
    Kind(planted.no_log_group, "log group"),
    Kind(planted.full_subnets, "subnets"),
    Kind(planted.no_subnet, "subnets"),
    Kind(planted.no_group, "security groups"),
    Kind(planted.small_quota, "quota"),
    Kind(planted.spot_in_use, "quota"),
)
STARTS = (
    planted.open_secret,
    planted.no_history,
    planted.no_rule,
    planted.no_machine,
    planted.no_schedule,
    planted.few_left,
)
"""Where a run starts all the same: it would not be as declared, it would not be kept, or nothing starts it in time."""


def spoilt(aws: AwsServer, plant: Callable[[AwsServer], None]) -> None:
    """A stage in which all is well but for one thing."""
    push(aws)
    deploy(aws)
    aws.world.checks_starts = True
    plant(aws)


def why_not_started(aws: AwsServer) -> str:
    """What AWS says where it does not start a run of the batch; empty where it starts it."""
    manifest = BatchManifest.from_json(aws.parameter(sample_manifest("daily-report").path))
    plan = RunPlan(manifest=manifest, run=RunId("night", given=True), nonce="", timeout=60)
    try:
        answer = run_task(aws.world, plan.request())
    except AwsError as error:
        return f"{error.code}: {error.message}"
    if answer["failures"]:
        return str(answer["failures"][0]["reason"])
    failure = aws.tasks[0].script.start_failure
    return failure.reason if failure is not None else ""


def failures(verify: Done) -> list[dict[str, str]]:
    assert verify.code == 1
    return [finding for finding in json.loads(verify.text) if finding["status"] == "fail"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.plant.__name__)
def test_a_run_is_advised_as_verify_does(aws: AwsServer, tmp_path: Path, kind: Kind) -> None:
    spoilt(aws, kind.plant)

    found = failures(batchwright(aws, tmp_path, "verify", "-s", "staging", "--json"))
    first = next(finding for finding in found if finding["check"] == kind.check)

    advised = advice(NEVER, why_not_started(aws))
    assert advised
    assert (kind.run or first["advice"]).lower() in advised.lower()


@pytest.mark.parametrize("plant", STARTS, ids=lambda plant: plant.__name__)
def test_what_is_no_hindrance_does_not_keep_a_run_from_starting(
    aws: AwsServer, plant: Callable[[AwsServer], None]
) -> None:
    spoilt(aws, plant)

    assert why_not_started(aws) == ""
    assert len(aws.tasks) == 1


VERIFY = afterwards("verify --json")


def run_in(plant: Callable[[AwsServer], None], act: Callable[[Running], None] = VERIFY) -> Scenario:
    """A run of a batch in a spoilt stage, and then a look at it."""
    return scenario(prepare=partial(spoilt, plant=plant), act=act)


@stories({"what RunTask refuses": run_in(planted.deregister), "what fails to start": run_in(planted.no_image)})
def test_a_run_ends_with_what_verify_advises(seen: Seen) -> None:
    (found, *_) = failures(seen.another)

    assert seen.code == 126
    assert found["advice"].lower() in " ".join(seen.err.split()).lower()


def told_to_stop(running: Running) -> None:
    sends(signal.SIGTERM, said=b"reached the limit")(running)
    VERIFY(running)


@stories({"all in use": run_in(planted.all_in_use, told_to_stop)})
def test_a_run_waits_where_the_account_runs_all_that_it_may(seen: Seen) -> None:
    (found,) = failures(seen.another)

    assert (found["check"], seen.code, seen.aws.tasks) == ("quota", 143, [])
    assert found["advice"] == as_a_run("reached the limit on the number of")


@stories({"no deadlines": run_in(planted.no_deadlines)})
def test_a_run_without_a_deadline_says_what_verify_says(seen: Seen) -> None:
    (found,) = failures(seen.another)

    assert seen.code == 0
    assert "no deadline could be set" in seen.err
    assert found["what"].partition(": ")[2] in seen.err
