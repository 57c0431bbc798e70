"""What the tests of parameters share: a stage with two batches, and the command against a server."""

from pathlib import Path

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.values import fingerprint
from batchwright_runner.host.stage.task_definitions import Variable, source_of
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.kit.account import batchwright
from tests.kit.command import Done

KEY = "alias/batches-staging"
OWN = "/batches/staging/daily-report"
SHARED = "/batches/staging/shared"
SSM = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter"
CERT = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:cert-AbCdEf"


SECRETS = {
    "daily-report": {
        "main": {
            "API_TOKEN": f"{SSM}{SHARED}/API_TOKEN",
            "CERT": f"{CERT}:field::",
            "DB_PASSWORD": f"{SSM}{OWN}/DB_PASSWORD",
            "LEGACY": "/legacy/db/PASSWORD",
            "LOG_LEVEL": f"{SSM}{SHARED}/LOG_LEVEL",
            "REPORT_TO": f"{SSM}{OWN}/REPORT_TO",
        },
        "agent": {"RECIPIENT": f"{SSM}{OWN}/REPORT_TO", "TOKEN": f"{SSM}{SHARED}/API_TOKEN"},
    },
    "weekly-report": {"main": {"LOG_LEVEL": f"{SSM}{SHARED}/LOG_LEVEL", "TOKEN_OF_API": f"{SSM}{SHARED}/API_TOKEN"}},
}
"""Batch to container to variable to ``valueFrom``. The agent calls two of the main container's values otherwise."""


def reports() -> list[BatchManifest]:
    """Two batches: each with values of its own, both with shared ones."""
    daily = sample_manifest(
        "daily-report",
        parameters={"REPORT_TO": fingerprint("dev@example.com"), "LOG_LEVEL": ""},
        secrets=("DB_PASSWORD", "API_TOKEN", "CERT", "LEGACY"),
        key=KEY,
    )
    weekly = sample_manifest("weekly-report", parameters={"LOG_LEVEL": ""}, secrets=("TOKEN_OF_API",), key=KEY)
    return [daily, weekly]


def variables(manifest: BatchManifest) -> list[Variable]:
    """The variables that a batch's task definition takes."""
    return [
        Variable(container, name, source_of(source, manifest.task_definition))
        for container, secrets in SECRETS[manifest.batch].items()
        for name, source in secrets.items()
    ]


def deploy(aws: AwsServer) -> None:
    """Puts the batches in place as a deployment does: parameters are made, secrets are not."""
    for manifest in reports():
        aws.deploy(manifest, secrets=SECRETS[manifest.batch])
    aws.put_parameter(f"{OWN}/REPORT_TO", "dev@example.com")
    aws.put_parameter(f"{SHARED}/LOG_LEVEL", "info")
    aws.put_parameter("/legacy/db/PASSWORD", "legacy-value", "SecureString")


def params(aws: AwsServer, folder: Path, *words: str, stdin: bytes = b"") -> Done:
    """Runs ``batchwright params``."""
    return batchwright(aws, folder, "params", *words, "-s", "staging", stdin=stdin)
