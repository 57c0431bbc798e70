"""Manifests that cannot be read, or used, as findings. Pure."""

from batchwright_runner.host.finding import Finding, Status

MANIFEST = "manifest"
HINT = "The caller's role needs what platform.grant_verify grants"
"""What to do where the manifests may not be read."""


def unread_manifest(batch: str, why: str, advice: str) -> Finding:
    """That a batch, or a stage, could not be looked at, as its manifests may not be read.

    Args:
        batch: The batch; empty for all of a stage.
        why: What AWS says.
        advice: What to do.
    """
    permission = "ssm:GetParameter" if batch else "ssm:GetParametersByPath"
    return Finding(about=batch, name=MANIFEST, status=Status.UNKNOWN, what=why, advice=advice, permission=permission)


def unusable_manifest(batch: str, why: str, advice: str) -> Finding:
    """That a batch has a manifest that says nothing: no run of it starts.

    Args:
        batch: The batch.
        why: What is wrong with it.
        advice: What to do.
    """
    return Finding(about=batch, name=MANIFEST, status=Status.FAIL, what=why, advice=advice)
