"""What keeps a batch from starting: ``verify`` finds it, and a run that meets it gives the same advice.

The server starts a task only where all that it needs is there, and says what is not as others have seen AWS say it.
"""

import json
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from batchwright_runner.host.verify.subject import as_a_run
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.command import COMMAND
from tests.runner.host.verify import planted
from tests.runner.host.verify.stage import deploy, push
from tests.stories.story import RUN, Running, Scenario, Seen

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
    Kind(planted.deregister, "task definition"),
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
    Kind(planted.no_rights, "execution role"),
    Kind(planted.no_log_group, "log group"),
    Kind(planted.full_subnets, "subnets"),
    Kind(planted.no_subnet, "subnets"),
    Kind(planted.no_group, "security groups"),
    Kind(planted.closed_group, "security groups"),
    Kind(planted.no_way_out, "way out"),
    Kind(planted.black_hole, "way out"),
    Kind(planted.public_subnet, "way out"),
    Kind(planted.no_names, "DNS"),
    Kind(planted.no_private_names, "DNS"),
    Kind(planted.no_file_system, "file systems"),
    Kind(planted.no_mount_target, "file systems"),
    Kind(planted.mount_target_that_is_made, "file systems"),
    Kind(planted.closed_mount_target, "file systems"),
    Kind(planted.no_nfs_out, "file systems"),
    Kind(planted.no_access_point, "file systems"),
)
STARTS = (
    planted.open_secret,
    planted.no_history,
    planted.no_rule,
    planted.no_machine,
    planted.no_schedule,
    planted.no_public_names,
    planted.few_left,
    planted.mounts,
)
"""Where a run starts all the same: it would not be as declared, it would not be kept, or nothing starts it in time."""


def scenario(plant: Callable[[AwsServer], None]) -> Scenario:
    """A run of a batch, and then a look at it."""

    def prepare(aws: AwsServer) -> None:
        push(aws)
        deploy(aws)
        aws.world.checks_starts = True
        plant(aws)

    def act(running: Running) -> None:
        running.process.wait()
        running.another("verify", "-s", "staging", "--json")

    return Scenario(
        scripts=(),
        manifest=sample_manifest("daily-report"),
        command=[str(COMMAND), *RUN],
        faults={},
        prepare=prepare,
        act=act,
        env={},
        files={},
    )


@pytest.mark.parametrize(
    ("seen", "kind"),
    [pytest.param(scenario(kind.plant), kind, id=f"{kind.plant.__name__}-story") for kind in KINDS],
    indirect=["seen"],
)
def test_a_run_ends_with_what_verify_advises(seen: Seen, kind: Kind) -> None:
    failed = [one for one in json.loads(seen.another.text) if one["status"] == "fail"]
    (found, *_) = [one for one in failed if one["check"] == kind.check]

    assert seen.another.code == 1
    assert seen.code == 126
    assert kind.run or found["advice"]
    assert (kind.run or found["advice"]).lower() in " ".join(seen.err.split()).lower()


@pytest.mark.parametrize(
    "seen", [pytest.param(scenario(plant), id=f"{plant.__name__}-story") for plant in STARTS], indirect=True
)
def test_what_is_no_hindrance_does_not_keep_a_run_from_starting(seen: Seen) -> None:
    assert seen.code == 0


def told_to_stop(running: Running) -> None:
    running.until(lambda: b"reached the limit" in (running.folder / "err").read_bytes())
    running.send(signal.SIGTERM)
    running.process.wait()
    running.another("verify", "-s", "staging", "--json")


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(replace(scenario(plant), act=told_to_stop), id=f"{plant.__name__}-story")
        for plant in (planted.all_in_use, planted.small_quota, planted.spot_in_use)
    ],
    indirect=True,
)
def test_a_run_waits_where_the_account_runs_all_that_it_may(seen: Seen) -> None:
    (found,) = [one for one in json.loads(seen.another.text) if one["status"] == "fail"]

    assert (found["check"], seen.code) == ("quota", 143)
    assert found["advice"] == as_a_run("reached the limit on the number of")
    assert seen.aws.tasks == []


@pytest.mark.parametrize("seen", [pytest.param(scenario(planted.no_deadlines), id="no_deadlines-story")], indirect=True)
def test_a_run_without_a_deadline_says_what_verify_says(seen: Seen) -> None:
    (found,) = [one for one in json.loads(seen.another.text) if one["status"] == "fail"]

    assert seen.code == 0
    assert "no deadline could be set" in seen.err
    assert found["what"].partition(": ")[2] in seen.err
