"""Names of runs. Pure."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from batchwright_runner.contract.checks import NAME
from batchwright_runner.contract.names import AGAIN
from batchwright_runner.errors import UsageError

STARTED_BY = re.compile(r"[A-Za-z0-9/_-]{1,128}")
"""What ECS allows in startedBy (ECS API reference, RunTask, 2026-11)."""
OPTION = "--run-id"
LATEST = "@latest"
"""Behind the name of a batch, its last run."""
FORM = "A run is named BATCH@ID, such as daily-report@1a2b3c4d, or BATCH@latest"

LONGEST_NAME = 40
"""Characters of a user's, and of a host's name that a run id holds."""


@dataclass(frozen=True, slots=True)
class RunId:
    """A run's id."""

    text: str
    # It was given by the caller, who may give it again: a second run of that id joins the first
    given: bool

    @property
    def started_by(self) -> str:
        """The id as ECS takes it: a hash of it where it has other characters or is too long."""
        if STARTED_BY.fullmatch(self.text):
            return self.text
        return "run-" + hashlib.sha256(self.text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def run_id(given: str | None, environment: Mapping[str, str], nonce: str, who: str = "") -> RunId:
    """Takes the given id, or derives one from the calling scheduler, or makes one from the nonce.

    `given`: the id on the command line; ``None`` where there is none.
    `who`: who calls, ``user@host``, for a random id; empty where that does not matter.
    """
    if given is not None:
        _check(given)
        return RunId(given, given=True)
    user, _, host = who.partition("@")
    caller = _joined(user[:LONGEST_NAME], host.partition(".")[0][:LONGEST_NAME])
    return RunId(_derived(environment) or _joined(f"run-{nonce[:12]}", *caller.split("/")), given=False)


def _check(given: str) -> None:
    if not given.strip():
        raise UsageError(
            f"{OPTION} is refused: it is empty", hint="Leave it out where a second run is not to join the first"
        )
    last, again = f"@{given}".endswith(LATEST), AGAIN.fullmatch(given)
    arn = given.startswith("arn:")
    for taken, what in ((last, "a batch's last run"), (again, "a run again"), (arn, "an ARN of AWS's")):
        if taken:
            raise UsageError(f"{OPTION} {given} is refused: attach, stop and logs take it for {what}")


@dataclass(frozen=True, slots=True)
class RunName:
    """A run as people name it: ``BATCH@ID``, ``BATCH@latest``, an ARN, or a bare ``BATCH``, which may be an id, too."""

    # Empty for an ARN
    batch: str
    # The ARN or the ID; empty for the last run, and for a bare name
    run: str
    bare: bool = False

    @classmethod
    def of(cls, text: str) -> Self:
        """Reads it; refuses what has another form."""
        if text.startswith("arn:"):
            return cls("", text)
        batch, at, run = text.partition("@")
        if not text.strip() or (at and not run) or "@" in run or (at and not NAME.fullmatch(batch)):
            what = repr(text) if text.strip() else "what was given, which is empty,"
            raise UsageError(f"{what} names no run", hint=FORM)
        return cls(batch, "" if run == LATEST[1:] else run, bare=not at)


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


def without_run_id(arguments: Sequence[str]) -> list[str]:
    """A command line that makes another run: without ``--run-id``, which names an existing one. Pure.

    `arguments`: the command line. What follows ``--`` is the batch's own and stays as it is.
    """
    own = list(arguments).index("--") if "--" in arguments else len(arguments)
    own_words = [
        word
        for at, word in enumerate(arguments[:own])
        if word != OPTION and not word.startswith(f"{OPTION}=") and (at == 0 or arguments[at - 1] != OPTION)
    ]
    return [*own_words, *arguments[own:]]
