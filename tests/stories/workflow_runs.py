"""A workflow of a stage, and who may run it."""

from collections.abc import Sequence

from batchwright.iam import run_policies
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.structure import ParallelGroup, WorkflowStep
from tests.fake_aws import AwsServer, Script, lines
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.kit.grants import NAMES, PLACE

FINE = Script(lines=lines("fine"))

FAILS = Script(lines=lines("broken"), exit_code=3)


def machine(name: str) -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:batches-staging-{name}"


EXTRACT = sample_manifest("extract", machine=machine("extract"))

OTHERS = {name: sample_manifest(name, machine=machine(name)) for name in ("load", "coupons", "report")}

NIGHTLY = WorkflowManifest(
    project="batches",
    stage="staging",
    name="nightly",
    owner="finance-systems",
    machine=machine("nightly"),
    steps=(
        WorkflowStep(name="extract"),
        ParallelGroup(((WorkflowStep(name="load"),), (WorkflowStep(name="coupons", on_failure="ignore"),))),
        WorkflowStep(name="report"),
    ),
)


def deployed(aws: AwsServer, **scripts: Script) -> None:
    for name, manifest in OTHERS.items():
        aws.deploy(manifest, scripts.get(name, FINE))
    aws.deploy_workflow(NIGHTLY, [EXTRACT, *OTHERS.values()])


def with_a_failure(aws: AwsServer) -> None:
    deployed(aws, load=FAILS)


def granted(aws: AwsServer) -> None:
    with_a_failure(aws)
    may_run(aws, ["extract", *OTHERS])


def may_run(aws: AwsServer, batches: Sequence[str]) -> None:
    """Gives the caller ``grant_run`` of the workflow of these batches, and nothing else."""
    logs = [PLACE._log_group(f"/batches/staging/{batch}") for batch in batches]
    statements = run_policies.workflow_runs(
        PLACE, NAMES, "nightly", batches, cluster="batches-staging", log_groups=logs
    )
    aws.limit([*statements, run_policies.read_history(PLACE, NAMES)], {})
