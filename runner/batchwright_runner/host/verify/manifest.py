"""Manifests that cannot be read, or used, as findings. Pure."""

from batchwright_runner.errors import DeniedError, RunnerError
from batchwright_runner.host.finding import Finding, Status

MANIFEST, RECORD = "manifest", "record"
HINT = "The caller's role needs what platform.grant_verify grants"
"""What to do where the manifests may not be read."""


def of_manifest(batch: str, error: RunnerError, name: str = MANIFEST) -> Finding:
    """That a batch, or a stage, could not be looked at, or that no run of it starts, for its manifest.

    Args:
        batch: The batch, or a workflow; empty for all of a stage.
        error: Why: a `DeniedError` where it may not be read; else it cannot be used.
        name: What cannot be used. Default: a batch's manifest.
    """
    denied = isinstance(error, DeniedError)
    return Finding(
        about=batch,
        name=name,
        status=Status.UNKNOWN if denied else Status.FAIL,
        what=str(error.args[0]),
        advice=error.hint,
        permission=("ssm:GetParameter" if batch else "ssm:GetParametersByPath") if denied else "",
    )
