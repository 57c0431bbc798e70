"""What a check has found."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

MANIFEST = "manifest"
HINT = "The caller's role needs what platform.grant_verify grants"
"""What to do where the manifests may not be read."""


class Status(StrEnum):
    """How a check has ended.

    ``ok``: as it has to be. ``warn``: a run starts, and something is worth a look. ``fail``: a run would not start, or
    not as declared. ``unknown``: it could not be looked at, which is not ok.
    """

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding of one check.

    Attributes:
        batch: The batch.
        check: What was looked at, ``image``.
        status: How it stands.
        what: What was found, as a sentence without its full stop.
        advice: What to do, in the same form; the words of a run that fails of it. Default: nothing.
        permission: The IAM action that is missing; for ``unknown`` only.
    """

    batch: str
    check: str
    status: Status
    what: str
    advice: str = ""
    permission: str = ""

    @property
    def bad(self) -> bool:
        """Whether it keeps ``verify`` from exiting with 0."""
        return self.status in (Status.FAIL, Status.UNKNOWN)

    @property
    def said(self) -> str:
        """It in one line, with its advice."""
        return f"{self.check}: {self.what}" + (f". {self.advice}" if self.advice else "")

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {**asdict(self), "status": str(self.status)}


def unread_manifest(batch: str, why: str, advice: str) -> Finding:
    """That a batch, or a stage, could not be looked at, as its manifests may not be read. Pure.

    Args:
        batch: The batch; empty for all of a stage.
        why: What AWS says.
        advice: What to do.
    """
    permission = "ssm:GetParameter" if batch else "ssm:GetParametersByPath"
    return Finding(batch=batch, check=MANIFEST, status=Status.UNKNOWN, what=why, advice=advice, permission=permission)


def unusable_manifest(batch: str, why: str, advice: str) -> Finding:
    """That a batch has a manifest that says nothing: no run of it starts. Pure.

    Args:
        batch: The batch.
        why: What is wrong with it.
        advice: What to do.
    """
    return Finding(batch=batch, check=MANIFEST, status=Status.FAIL, what=why, advice=advice)
