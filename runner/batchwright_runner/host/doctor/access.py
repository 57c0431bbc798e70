"""Which account the credentials are of, and so in which stages they may start something."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.client import Clients
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import CREDENTIALS_HINT, EXPIRED_HINT
from batchwright_runner.host.finding import Finding, Status
from batchwright_runner.host.terminal.text import one_line

SOON = 900.0
"""Seconds before their end in which credentials are worth a word."""
NETWORK_HINT = "See this machine's network, VPN and proxy"
_finding = partial(Finding, about="aws")


@dataclass(frozen=True, slots=True)
class AwsAccess:
    """Looks at the way to some stages."""

    # Makes what calls AWS for a stage
    open: Callable[[StageTarget], Clients]
    # Whether the stage was asked for by name: then its account must be that of the credentials
    by_name: bool = False
    # This machine's clock, in seconds since 1970
    wall: Callable[[], float] = time.time

    def findings(self, stages: Sequence[StageTarget]) -> Iterator[Finding]:
        """The credentials of each profile and role, and the stages that they are for."""
        for way in dict.fromkeys((stage.profile, stage.role_arn) for stage in stages):
            yield from self._way([stage for stage in stages if (stage.profile, stage.role_arn) == way])

    def _way(self, stages: Sequence[StageTarget]) -> Iterator[Finding]:
        name, way = f"credentials {stages[0].profile}".strip(), self.open(stages[0])
        try:
            credentials = way.credentials()
            if credentials is None:
                what = f"there are none, for {', '.join(stage.stage for stage in stages)}"
                yield _finding(name=name, status=Status.FAIL, what=what, advice=CREDENTIALS_HINT)
                return
            identity = way.call("sts", "get_caller_identity")
        except (ApiError, RunnerError) as error:
            what, advice = _refused(error)
            yield _finding(name=name, status=Status.FAIL, what=what, advice=advice)
            return
        account = str(identity["Account"])
        what, status, advice = f"account {account}, {identity['Arn']}, from {credentials.method}", Status.OK, ""
        if credentials.expires_at is not None:
            remaining = credentials.expires_at - self.wall()
            what += f"; they end in {format_duration(max(0.0, remaining))}"
            if remaining < SOON:
                status, advice = Status.WARN, EXPIRED_HINT
        yield _finding(name=name, status=status, what=what, advice=advice)
        needed = self.by_name or all(stage.account not in ("", account) for stage in stages)
        yield from (_start(stage, account, needed=needed) for stage in stages)


def _start(stage: StageTarget, account: str, *, needed: bool) -> Finding:
    """Whether credentials of an account may start something in a stage."""
    name = f"start in {stage.stage}"
    if stage.account in ("", account):
        what = f"these credentials are of its account, {account}; whether its grants allow it, a run says"
        return _finding(name=name, status=Status.OK, what=what)
    what = f"no: it is account {stage.account}, and these credentials are of account {account}"
    advice = f"Set AWS_PROFILE, or profile in [stages.{stage.stage}] of batchwright.toml, to one of that account"
    return _finding(name=name, status=Status.FAIL if needed else Status.WARN, what=what, advice=advice)


def _refused(error: ApiError | RunnerError) -> tuple[str, str]:
    if isinstance(error, RunnerError):
        return str(error.args[0]), error.hint
    brief = one_line(str(error))
    if error.unanswered:
        return f"AWS is not reached: {brief}", NETWORK_HINT
    return (f"they have expired: {brief}", EXPIRED_HINT) if error.expired else (f"AWS: {brief}", CREDENTIALS_HINT)
