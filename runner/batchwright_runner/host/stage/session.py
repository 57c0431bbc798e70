"""The stage a command works in: the account is checked before anything else is asked of AWS."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from batchwright_runner._version import __version__
from batchwright_runner.contract.checks import PROJECT, STAGE
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.errors import RunnerError, UsageError, WorkflowNamedError, no_folder
from batchwright_runner.host.aws.client import Aws, Clients, load_sdk
from batchwright_runner.host.aws.config import StageTarget, find_stage
from batchwright_runner.host.aws.retry import FIRST_CALL, RUN_HINT, patiently
from batchwright_runner.host.runs.signals import SignalWaiter, Waiter
from batchwright_runner.host.settings.project import NO_ACCOUNT
from batchwright_runner.host.stage.manifests import FoundManifest, find_manifest
from batchwright_runner.host.stage.zone import show_as_stage
from batchwright_runner.host.terminal.console import Console, Tell
from batchwright_runner.host.terminal.log_output import Output, standard_output

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Stage:
    """What a command needs to work in a stage."""

    target: StageTarget
    aws: Aws
    waiter: Waiter
    tell: Tell
    region: str
    # The user's cache folder; none where nothing is kept
    cache: Path | None = None

    def elsewhere(self, region: str) -> Aws:
        """The same credentials in another region."""
        return Clients(replace(self.target, region=region))

    def check_account(self) -> None:
        """Refuses credentials of another account than the file names, before any other call."""
        if not self.target.account:
            return
        account = str(self.caller()["Account"])
        if account != self.target.account:
            raise RunnerError(
                f"wrong account: {self.target.source} says that stage {self.target.stage} is account "
                f"{self.target.account}, and the credentials are of account {account}",
                hint="Use the profile or role of that account",
            )

    def find(self, name: str, *, hint: str = "") -> Manifest:
        """Reads the manifest of a batch or a workflow, and says where it was looked for."""
        self.check_account()
        try:
            found = self._found(name, hint)
        except RunnerError as error:
            account = self.target.account or (self._account_or_unknown() if isinstance(error, UsageError) else UNKNOWN)
            self.say_where(account, name)
            raise
        manifest = found.manifest
        kind = "workflow" if isinstance(manifest, WorkflowManifest) else "batch"
        self.say_where(self.target.account or found.account or manifest.account or UNKNOWN, name, kind)
        return manifest

    def find_batch(self, name: str, *, hint: str = "") -> BatchManifest:
        """The same for a verb that is of batches alone: a workflow is refused."""
        return of_batch(self.find(name, hint=hint))

    def read(self, name: str, *, hint: str = "") -> Manifest:
        """Reads the manifest of a batch or a workflow."""
        return self._found(name, hint).manifest

    def read_batch(self, name: str) -> BatchManifest:
        """Reads the manifest of a batch; a workflow is refused."""
        return of_batch(self.read(name))

    def _found(self, name: str, hint: str) -> FoundManifest:
        return find_manifest(self.aws, self.target, name, self.waiter, none=self.no_batches, hint=hint)

    def no_batches(self) -> str:
        """The message where there is no batch: where it was looked, and what makes some; without a full stop."""
        place = self._place(self.target.account or self._account_or_unknown())
        return f"There are no batches in {place}: cdk deploy makes those that the project declares"

    def say_where(self, account: str, name: str = "", kind: str = "batch") -> None:
        """Says the first line: version, account, region, project, stage and batch, or workflow."""
        batch = f", {kind} {name}" if name else ""
        self.tell.note(f"{__version__}: {self._place(account)}{batch}")

    def _place(self, account: str) -> str:
        target = self.target
        return f"account {account}, region {self.region or UNKNOWN}, project {target.project}, stage {target.stage}"

    def caller(self, what: str = "the account cannot be seen", hint: str = RUN_HINT) -> Mapping[str, Any]:
        """Who calls AWS, and in which account.

        `what`: what fails where that cannot be seen, for the message.
        """
        return patiently(
            lambda: self.aws.call("sts", "get_caller_identity"), what, self.waiter, hint=hint, patience=FIRST_CALL
        )

    def _account_or_unknown(self) -> str:
        try:
            return str(self.caller()["Account"])
        except RunnerError:
            return UNKNOWN


def of_batch(manifest: Manifest) -> BatchManifest:
    """The batch that a manifest is of; a workflow is refused."""
    if isinstance(manifest, WorkflowManifest):
        raise WorkflowNamedError(manifest)
    return manifest


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The collaborators of a command, so that a test can give its own."""

    folder: Path
    # This process's variables
    environment: Mapping[str, str]
    waiter: Waiter
    # Where the batch's log goes
    output: Output
    # Where status goes, and what was asked for
    console: Console

    @classmethod
    def of(cls, waiter: Waiter, console: Console, *, timestamps: bool = False) -> Self:
        """This process's own."""
        return cls(_folder(), os.environ, waiter, standard_output(console, timestamps=timestamps), console)

    @property
    def tell(self) -> Tell:
        """Where status goes."""
        return self.console


def _folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise no_folder() from error


def check_names(target: StageTarget) -> None:
    """Refuses names that no project or stage can have: SSM would take part of them for something else."""
    if not STAGE.fullmatch(target.stage):
        raise UsageError(f"no stage can be called {target.stage!r}: a name has 2 to 12 of a-z and 0-9, a letter first")
    if not PROJECT.fullmatch(target.project):
        raise UsageError(
            f"no project can be called {target.project!r}: a name has 2 to 20 of a-z and 0-9, a letter first, and does "
            "not begin with aws or ssm",
            hint="It is in BATCHWRIGHT_PROJECT, batchwright.toml or cdk.json",
        )


def open_stage(name: str | None, around: Surroundings) -> Stage:
    """The stage of that name."""
    target = find_stage(name, folder=around.folder, environment=around.environment)
    check_names(target)
    if target.account == NO_ACCOUNT:
        raise RunnerError(
            f"stage {target.stage} has no account yet: {target.source} says {NO_ACCOUNT}, which is nobody's",
            hint="Write the real one into it",
        )
    load_sdk()
    clients = Clients(target)
    if not clients.region:
        raise RunnerError(
            f"stage {target.stage} cannot be found: no file says its region, and AWS_REGION is not set",
            hint="Change into the project's folder, or write the stage into batchwright.toml",
        )
    if target.note:
        around.console.note(target.note)
    show_as_stage(clients, target.project, target.stage)
    cache = Path(around.environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Stage(target, clients, around.waiter, around.console, clients.region, cache)


@contextmanager
def enter_stage(console: Console, name: str | None) -> Iterator[Stage]:
    """The stage of that name, for a verb that needs no other: with time and signals of its own."""
    with SignalWaiter(console.note) as waiter:
        yield open_stage(name, Surroundings.of(waiter, console))
