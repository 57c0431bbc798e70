"""A batch file as it is read."""

import json
from typing import Any

from batchwright_runner.contract import batch_file
from batchwright_runner.contract.access import Access, Caller, Grant, Managed, RoleAccess
from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.manifest import BatchManifest
from tests.kit.manifests import manifest_data

ACCESS = Access(
    task=RoleAccess(
        arn={"unresolved": "Ref Role"},
        grants=(Grant(statement={"Action": "s3:GetObject"}, at="batch.py:3", reason="why"),),
        managed=(Managed(arn="arn:aws:iam::aws:policy/ReadOnlyAccess", at="batch.py:4"),),
    ),
    execution=RoleAccess(arn="arn:b", adopted=True),
    callers=(Caller(who="arn:c", grant="grant_run", on="stage", at="app.py:1"),),
)


def sample() -> BatchFile:
    manifest = BatchManifest.from_dict(manifest_data(parameters=["LANG", "HOST"]))
    return BatchFile(
        manifest=manifest,
        task={"cpu": "256", "containerDefinitions": [{"name": "main"}]},
        parameters=batch_file.parameter_values({"LANG": "/a", "HOST": "/b"}, {"LANG": "ja_JP"}),
        permissions=[{"Action": "s3:GetObject"}],
        access=ACCESS,
        package="batches/hello",
        source=None,
    )


def as_read() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(json.dumps(sample().to_dict()))
    return data
