"""The stage a command works in: the account is checked before anything else is asked of AWS."""

from dataclasses import dataclass

from batchwright_runner._version import __version__
from batchwright_runner.aws.client import ApiError, Aws
from batchwright_runner.aws.config import Where
from batchwright_runner.aws.retry import patiently
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.runs.signals import Waiter
from batchwright_runner.stage.batches import find_batch
from batchwright_runner.terminal.console import Tell

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Stage:
    """What a command needs to work in a stage.

    Attributes:
        where: The stage's settings.
        aws: Calls AWS.
        waiter: Time and signals.
        tell: Where status goes.
        region: The region that calls go to.
    """

    where: Where
    aws: Aws
    waiter: Waiter
    tell: Tell
    region: str

    def check_account(self) -> None:
        """Refuses credentials of another account than the file names, before any other call.

        Raises:
            RunnerError: They are of another account, or it cannot be seen.
        """
        if not self.where.account:
            return
        account = str(self._identity()["Account"])
        if account != self.where.account:
            raise RunnerError(
                f"wrong account: {self.where.source} says that stage {self.where.stage} is account "
                f"{self.where.account}, and the credentials are of account {account}",
                hint="Use the profile or role of that account",
            )

    def find(self, name: str) -> BatchManifest:
        """Reads a batch's manifest, and says where it was looked for.

        Raises:
            UsageError: There is no such batch.
            RunnerError: The account is another, or the manifest cannot be read.
        """
        self.check_account()
        if self.where.account:
            self.say_where(self.where.account, name)
        try:
            found = find_batch(self.aws, self.where, name, self.waiter)
        except UsageError:
            if not self.where.account:
                self.say_where(self._account_or_unknown(), name)
            raise
        except RunnerError:
            if not self.where.account:
                self.say_where(UNKNOWN, name)
            raise
        if not self.where.account:
            self.say_where(found.account or found.manifest.account, name)
        return found.manifest

    def say_where(self, account: str, name: str = "") -> None:
        """Says the first line: version, account, region, project, stage and batch."""
        batch = f", batch {name}" if name else ""
        place = f"account {account}, region {self.region or UNKNOWN}"
        self.tell.note(f"{__version__}: {place}, project {self.where.project}, stage {self.where.stage}{batch}")

    def _identity(self) -> dict[str, object]:
        try:
            return dict(
                patiently(
                    lambda: self.aws.call("sts", "get_caller_identity"), "the account cannot be seen", self.waiter
                )
            )
        except ApiError as error:
            raise RunnerError(f"the account cannot be seen: {error}") from error

    def _account_or_unknown(self) -> str:
        try:
            return str(self._identity()["Account"])
        except RunnerError:
            return UNKNOWN
