"""What the tests of parameters share: a stage with two batches, and the command against a server."""

from hashlib import sha256
from pathlib import Path

from batchwright_runner.contract.manifest import BatchManifest, ParameterReference
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.kit.command import Done

KEY = "alias/batches-staging"
OWN = "/batches/staging/daily-report"
SHARED = "/batches/staging/shared"


def declared(path: str, value: str | None = None) -> ParameterReference:
    return ParameterReference(path=path, fingerprint=sha256(value.encode()).hexdigest()[:12] if value else "")


def reports() -> list[BatchManifest]:
    """Two batches: each with values of its own, both with shared ones."""
    daily = sample_manifest(
        "daily-report",
        parameters={
            "REPORT_TO": declared(f"{OWN}/REPORT_TO", "dev@example.com"),
            "LOG_LEVEL": declared(f"{SHARED}/LOG_LEVEL"),
        },
        secrets={
            "DB_PASSWORD": f"{OWN}/DB_PASSWORD",
            "API_TOKEN": f"{SHARED}/API_TOKEN",
            "CERT": "arn:aws:secretsmanager:eu-west-1:111111111111:secret:cert-AbCdEf",
            "LEGACY": "/legacy/db/PASSWORD",
        },
        key=KEY,
    )
    weekly = sample_manifest(
        "weekly-report",
        parameters={"LOG_LEVEL": declared(f"{SHARED}/LOG_LEVEL")},
        secrets={"TOKEN_OF_API": f"{SHARED}/API_TOKEN"},
        key=KEY,
    )
    return [daily, weekly]


def deploy(aws: AwsServer) -> None:
    """Puts the batches in place as a deployment does: parameters are made, secrets are not."""
    for manifest in reports():
        aws.deploy(manifest)
    aws.put_parameter(f"{OWN}/REPORT_TO", "dev@example.com")
    aws.put_parameter(f"{SHARED}/LOG_LEVEL", "info")
    aws.put_parameter("/legacy/db/PASSWORD", "legacy-value", "SecureString")


def params(aws: AwsServer, folder: Path, *words: str, stdin: bytes = b"") -> Done:
    """Runs ``batchwright params``."""
    return batchwright(aws, folder, "params", *words, "-s", "staging", stdin=stdin)
