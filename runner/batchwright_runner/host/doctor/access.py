"""The way to AWS: the network, this machine's clock, credentials and their end, the account, the CDK's bootstrap."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.client import Clients, Credentials
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import CLOCK_HINT, CREDENTIALS_HINT, EXPIRED_HINT
from batchwright_runner.host.finding import Finding, Status
from batchwright_runner.host.terminal.text import one_line

SECTION = "aws"
NETWORK_HINT = "See this machine's network, VPN and proxy"
SKEW = 300.0
"""Seconds that a clock may be off (IAM user guide, "Troubleshoot signature version 4"; 2026-11)."""
SOON = 900.0
"""Seconds before their end in which credentials are worth a word."""
BOOTSTRAP = 6
"""The oldest bootstrap stack that the CDK's default synthesizer deploys with (aws-cdk-lib 2.275, 2026-11)."""
USUAL_QUALIFIER = "hnb659fds"
"""Of the CDK's bootstrap, unless ``@aws-cdk/core:bootstrapQualifier`` in cdk.json names another."""
PROXIES = ("HTTPS_PROXY", "https_proxy", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL")


@dataclass(frozen=True, slots=True)
class AwsAccess:
    """Looks at the way to some stages."""

    open: Callable[[StageTarget], Clients]
    # This process's variables
    environment: Mapping[str, str]
    # The qualifier of the CDK's bootstrap; empty where no app is deployed from here
    qualifier: str = USUAL_QUALIFIER
    # Whether the stage was asked for by name: then its account must be that of the credentials
    by_name: bool = False
    # This machine's clock, in seconds since 1970
    wall: Callable[[], float] = time.time

    def findings(self, stages: Sequence[StageTarget]) -> Iterator[Finding]:
        """All that is to say of them."""
        reached: dict[str, bool] = {}
        for stage in stages:
            if stage.region not in reached:
                finding = self._network(stage)
                reached[stage.region] = finding.status is not Status.FAIL
                yield finding
        ways: dict[tuple[str, str], list[StageTarget]] = {}
        for stage in stages:
            if reached[stage.region]:
                ways.setdefault((stage.profile, stage.role_arn), []).append(stage)
        for way in ways.values():
            yield from self._way(way)

    def _network(self, stage: StageTarget) -> Finding:
        name = f"network {stage.region}"
        through = ", ".join(f"{key}={_public(self.environment[key])}" for key in PROXIES if self.environment.get(key))
        proxy = f" (with {through})" if through else ""
        began = time.monotonic()
        try:
            ahead = self.open(stage).reach()
        except (ApiError, RunnerError) as error:
            return _finding(name, Status.FAIL, f"AWS is not reached{proxy}: {_brief(error)}", NETWORK_HINT)
        took = format_duration(time.monotonic() - began)
        if ahead is not None and abs(ahead) > SKEW:
            off = f"{format_duration(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} AWS's"
            return _finding(name, Status.FAIL, f"this machine's clock is {off}", CLOCK_HINT)
        return _finding(name, Status.OK, f"AWS answers in {took}{proxy}")

    def _way(self, stages: Sequence[StageTarget]) -> Iterator[Finding]:
        way, first = self.open(stages[0]), stages[0]
        name = f"credentials {first.profile}".strip()
        try:
            credentials = way.credentials()
            if credentials is None:
                yield _finding(name, Status.FAIL, f"there are none, for {_named(stages)}", CREDENTIALS_HINT)
                return
            identity = way.call("sts", "get_caller_identity")
        except (ApiError, RunnerError) as error:
            yield _refused(name, error)
            return
        yield self._who(name, credentials, identity)
        yield from self._accounts(str(identity["Account"]), stages, way)

    def _who(self, name: str, credentials: Credentials, identity: Mapping[str, Any]) -> Finding:
        text = f"account {identity['Account']}, {identity['Arn']}, from {credentials.method}"
        if credentials.expires_at is None:
            return _finding(name, Status.OK, text)
        remaining = credentials.expires_at - self.wall()
        text += f"; they end in {format_duration(max(0.0, remaining))}"
        return _finding(name, Status.WARN, text, EXPIRED_HINT) if remaining < SOON else _finding(name, Status.OK, text)

    def _accounts(self, account: str, stages: Sequence[StageTarget], way: Clients) -> Iterator[Finding]:
        fitting = [stage for stage in stages if stage.account in ("", account)]
        for stage in stages:
            if stage not in fitting:
                yield self._elsewhere(stage, account, needed=self.by_name or not fitting)
        seen: set[str] = set()
        for stage in fitting:
            if self.qualifier and stage.region not in seen:
                seen.add(stage.region)
                yield self._bootstrap(account, stage, self.open(stage) if stage is not stages[0] else way)

    @staticmethod
    def _elsewhere(stage: StageTarget, account: str, *, needed: bool) -> Finding:
        name = f"stage {stage.stage}"
        text = f"it is account {stage.account}, and these credentials are of account {account}"
        remedy = f"Set AWS_PROFILE, or profile in [stages.{stage.stage}] of batchwright.toml, to one of that account"
        return _finding(name, Status.FAIL if needed else Status.WARN, text, remedy)

    def _bootstrap(self, account: str, stage: StageTarget, way: Clients) -> Finding:
        name = f"bootstrap {stage.region}"
        command = f"Run cdk bootstrap aws://{account}/{stage.region}"
        parameter = f"/cdk-bootstrap/{self.qualifier}/version"
        try:
            version = str(way.call("ssm", "get_parameter", Name=parameter)["Parameter"]["Value"])
        except ApiError as error:
            if error.code == "ParameterNotFound":
                text = f"account {account} is not bootstrapped in {stage.region}: cdk deploy needs it"
                return _finding(name, Status.FAIL, text, command)
            needed = f"The caller needs ssm:GetParameter for {parameter}" if error.denied else NETWORK_HINT
            return _finding(name, Status.UNKNOWN, f"it cannot be seen: {_brief(error)}", needed)
        if version.isdigit() and int(version) < BOOTSTRAP:
            return _finding(
                name, Status.FAIL, f"account {account} has version {version}, and {BOOTSTRAP} is needed", command
            )
        return _finding(name, Status.OK, f"account {account}, version {version}")


def _refused(name: str, error: ApiError | RunnerError) -> Finding:
    if isinstance(error, RunnerError):
        return _finding(name, Status.FAIL, str(error.args[0]), error.hint)
    if error.expired:
        return _finding(name, Status.FAIL, f"they have expired: {_brief(error)}", EXPIRED_HINT)
    if error.skewed:
        return _finding(name, Status.FAIL, f"this machine's clock is not AWS's: {_brief(error)}", CLOCK_HINT)
    if error.unanswered:
        return _finding(name, Status.FAIL, f"AWS is not reached: {_brief(error)}", NETWORK_HINT)
    return _finding(name, Status.FAIL, f"AWS does not take them: {_brief(error)}", CREDENTIALS_HINT)


def _named(stages: Sequence[StageTarget]) -> str:
    names = ", ".join(stage.stage for stage in stages)
    return f"stage{'s' if len(stages) > 1 else ''} {names}"


def _public(address: str) -> str:
    """An address without the user and the password that may be in it."""
    scheme, sign, rest = address.rpartition("://")
    return f"{scheme}{sign}{rest.rpartition('@')[2]}"


def _brief(error: Exception) -> str:
    return one_line(str(error))


def _finding(name: str, status: Status, text: str, remedy: str = "") -> Finding:
    return Finding(about=SECTION, name=name, status=status, what=text, advice=remedy)
