"""A stage in which all is known of a batch."""

from typing import Any

from batchwright_runner.contract.last import Last
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.watch import Watch
from batchwright_runner.host.releases.record import ReleaseRecord
from tests.fake_aws import AwsServer, Script, lines
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.fake_aws.fixtures import aws as aws
from tests.stories.story import start_task, until_past

STAGE = "/batches/staging"
SSM = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter"
QUICK = Script(lines=lines("one"), exit_code=3)
FIELDS: dict[str, Any] = {
    "runbook": "https://wiki.example.com/daily-report",
    "schedule": "30 2 * * * Asia/Tokyo",
    "scheduler": "rundeck",
    "timezone": "Asia/Tokyo",
    "parameters": {"TO": ""},
    "secrets": ("DB_PASSWORD",),
    "options": (RunOption(name="DATE", pattern=r"\d{4}-\d\d-\d\d", description="The day"),),
    "retries": 2,
    "retry_on": (75,),
    "retry_delay_seconds": 300,
    "overlap": "forbid",
}


def deploy(aws: AwsServer, *scripts: Script, **changes: Any) -> BatchManifest:  # noqa: ANN401 - fields of a manifest
    """A batch with all records that a stage may have."""
    manifest = sample_manifest(**{**FIELDS, **changes})
    own = f"{STAGE}/daily-report"
    sources = {"TO": f"{SSM}{own}/TO", "DB_PASSWORD": f"{SSM}{own}/DB_PASSWORD"}
    aws.deploy(manifest, *scripts, secrets={"main": sources})
    aws.put_parameter(f"{own}/TO", "finance@example.com")
    aws.put_parameter(f"{own}/DB_PASSWORD", "CANARY", "SecureString")
    release = ReleaseRecord(
        image="reports",
        digest=f"sha256:{'ab' * 32}",
        tag="sha-0123456789ab",
        by="arn:x/alice",
        at="2026-11-24T09:00:00Z",
    )
    aws.put_parameter(f"{STAGE}/releases/reports", release.to_json())
    aws.put_parameter(f"{STAGE}/paused/daily-report", Pause(reason="month's end", by="arn:x/bob").to_json())
    last = Last(
        ended="2026-11-25T02:40:00Z",
        verdict="Batchwright.Exit3",
        code=3,
        failures=2,
        succeeded="2026-11-23T02:40:00Z",
        durations=(60, 70, 80),
    )
    aws.put_table("batches-staging-alerts", {"kind": "record", "name": "daily-report", "last": last.to_json()})
    aws.put_parameter(f"{STAGE}/watch/daily-report", Watch(expected_seconds=1200).to_json())
    return manifest


def ran(aws: AwsServer, started_by: str = "night", *, forgotten: bool = False, ours: bool = False) -> None:
    """A task that has ended, which something else has started, or the runner."""
    variables = [{"name": "BATCHWRIGHT_RUN_ID", "value": started_by}] if ours else []
    overrides = {"containerOverrides": [{"name": "main", "environment": variables}]}
    start_task(aws, startedBy=started_by, overrides=overrides)
    until_past(aws.tasks[-1].times.stopped)
    if forgotten:
        aws.forget(tasks=True)


ACCESS = {
    "task": {
        "arn": "arn:aws:iam::1:role/report-task",
        "grants": [
            {
                "statement": {"Effect": "Allow", "Action": "s3:GetObject*", "Resource": "arn:aws:s3:::sales/*"},
                "at": "batches/daily_report/batch.py:31",
                "reason": "",
            }
        ],
    }
}
