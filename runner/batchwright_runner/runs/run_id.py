"""Names of runs. Pure."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

STARTED_BY = re.compile(r"[A-Za-z0-9/_-]{1,128}")
"""What ECS allows in startedBy (ECS API reference, RunTask, 2026-11)."""


@dataclass(frozen=True, slots=True)
class RunId:
    """A run's id.

    Attributes:
        text: The id.
        given: It was given by the caller, who may give it again: a second run of that id joins the first.
    """

    text: str
    given: bool

    @property
    def started_by(self) -> str:
        """The id as ECS takes it: a hash of it where it has other characters or is too long."""
        if STARTED_BY.fullmatch(self.text):
            return self.text
        return "run-" + hashlib.sha256(self.text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def run_id(given: str | None, environment: Mapping[str, str], nonce: str) -> RunId:
    """Takes the given id, or derives one from the scheduler that calls, or makes one of the nonce.

    Args:
        given: The id on the command line.
        environment: This process's variables.
        nonce: Some random text.
    """
    if given:
        return RunId(given, given=True)
    return RunId(_derived(environment) or f"run-{nonce[:12]}", given=False)


def client_token(project: str, stage: str, batch: str, run: RunId, attempt: int, nonce: str) -> str:
    """The token by which ECS knows a repeated request: 64 hex digits.

    Only a given id makes the same token in another process.
    """
    parts = [project, stage, batch, run.text, str(attempt), "" if run.given else nonce]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _derived(environment: Mapping[str, str]) -> str:
    if environment.get("RD_JOB_EXECID"):
        server = re.sub(r"^https?://", "", environment.get("RD_JOB_SERVERURL", "")).strip("/")
        return _joined("rundeck", server, environment["RD_JOB_EXECID"])
    if environment.get("GITHUB_RUN_ID"):
        attempt, job = environment.get("GITHUB_RUN_ATTEMPT", "1"), environment.get("GITHUB_JOB", "")
        return _joined("github", environment.get("GITHUB_REPOSITORY", ""), environment["GITHUB_RUN_ID"], attempt, job)
    if environment.get("CIRCLECI") and environment.get("CIRCLE_WORKFLOW_JOB_ID"):
        return _joined("circleci", environment["CIRCLE_WORKFLOW_JOB_ID"])
    return ""


def _joined(*parts: str) -> str:
    return "/".join(re.sub(r"[^A-Za-z0-9/_-]", "-", part) for part in parts if part)
