"""What a stage has, and what its caller may do."""

import time
from dataclasses import replace
from typing import Any

from batchwright.iam import run_policies
from batchwright.iam.run_policies import RunScope
from batchwright_runner.contract.moments import utc
from batchwright_runner.contract.pauses import Pause
from tests.fake_aws import AwsServer, Script, Term, lines
from tests.fake_aws.fixtures import ACCOUNT, sample_manifest
from tests.kit.grants import NAMES, PLACE

DEADLINE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/batches-staging-deadline"

ROLES = {
    f"batches-staging-{batch}": [
        PLACE._role(f"batches/staging/batches-staging-{batch}-{kind}") for kind in ("task", "exec")
    ]
    for batch in ("daily-report", "theirs")
}

POLITE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=0.3))


def limit(aws: AwsServer, runs: RunScope) -> None:
    runs = replace(runs, deadline_roles=[DEADLINE_ROLE])  # as the stand-in's manifests name it
    statements = run_policies.run(PLACE, NAMES, runs, cluster="batches-staging", deadlines=True)
    aws.limit([*statements, *run_policies.machine_runs(runs), run_policies.read_history(PLACE, NAMES)], ROLES)


def one_batch(aws: AwsServer, **changes: Any) -> None:  # noqa: ANN401 - those of `RunScope`
    """The caller has ``batch.grant_run`` of daily-report and nothing else; the stage has another batch."""
    aws.deploy(sample_manifest("theirs"), POLITE)
    family = "batches-staging-daily-report"
    logs = [PLACE._log_group("/batches/staging/daily-report")]
    own = {"roles": ROLES[family], "log_groups": logs, "deadline_roles": [DEADLINE_ROLE]}
    limit(aws, replace(run_policies.runs_of_batches(PLACE, NAMES, ["daily-report"], **own), **changes))


PATH = "/batches/staging/paused/daily-report"


def paused(aws: AwsServer, until: float | None = None) -> None:
    end = "" if until is None else utc(time.time() + until)
    record = Pause(reason="a move", by="arn:aws:iam::1:user/alice", since=utc(time.time()), until=end)
    aws.put_parameter(PATH, record.to_json())
