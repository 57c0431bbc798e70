from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.client import Clients, Credentials
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.aws.errors import UNREACHABLE, ApiError
from batchwright_runner.host.doctor.access import AwsAccess
from batchwright_runner.host.finding import Finding

NOW = 1_800_000_000.0
STAGING = StageTarget(project="sales", stage="staging", account="111111111111", region="eu-west-1")
PRODUCTION = StageTarget(project="sales", stage="production", account="222222222222", region="eu-west-1")
NOT_FOUND = ApiError("ParameterNotFound", "")
SKEWED = ApiError("SignatureDoesNotMatch", "Signature expired: x")
AWAY = ApiError("EndpointConnectionError", "Could not connect to sts.eu-west-1.amazonaws.com", status=UNREACHABLE)


@dataclass
class FakeWay:
    """A way to AWS.

    Attributes:
        ahead: How far the clock is ahead, or why it is not seen.
        found: The credentials, or why there are none.
        account: Whose they are, or why it is not seen.
        bootstrap: The version, or why it is not seen.
    """

    ahead: float | Exception | None = 0.5
    found: Credentials | Exception | None = field(default_factory=lambda: Credentials("env"))
    account: str | Exception = "111111111111"
    bootstrap: str | Exception = "21"
    asked: list[str] = field(default_factory=list)

    def reach(self) -> float | None:
        if isinstance(self.ahead, Exception):
            raise self.ahead
        return self.ahead

    def credentials(self) -> Credentials | None:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        self.asked.append(str(parameters.get("Name", operation)))
        answer = self.account if service == "sts" else self.bootstrap
        if isinstance(answer, Exception):
            raise answer
        return {"Account": answer, "Arn": "arn:aws:iam::1:user/me", "Parameter": {"Value": answer}}


def look(way: FakeWay, *stages: StageTarget, by_name: bool = False, **variables: str) -> dict[str, Finding]:
    access = AwsAccess(lambda _: cast("Clients", way), variables, by_name=by_name, wall=lambda: NOW)
    return {finding.name: finding for finding in access.findings(stages or [STAGING])}


def states(findings: Mapping[str, Finding]) -> Sequence[str]:
    return [finding.status for finding in findings.values()]


def test_a_way_that_is_open() -> None:
    way = FakeWay()
    findings = look(way)

    assert states(findings) == ["ok", "ok", "ok"]
    assert findings["credentials"].what == "account 111111111111, arn:aws:iam::1:user/me, from env"
    assert findings["bootstrap eu-west-1"].what == "account 111111111111, version 21"
    assert way.asked == ["get_caller_identity", "/cdk-bootstrap/hnb659fds/version"]


def test_an_aws_that_is_not_reached_names_the_proxy_without_its_password_and_asks_nothing_more() -> None:
    way = FakeWay(ahead=AWAY)
    findings = look(way, STAGING, PRODUCTION, HTTPS_PROXY="http://me:hunter2@proxy:3128")

    assert states(findings) == ["fail"]
    assert findings["network eu-west-1"].what.startswith(
        "AWS is not reached (with HTTPS_PROXY=http://proxy:3128): Endpoint"
    )
    assert "network, VPN and proxy" in findings["network eu-west-1"].advice
    assert way.asked == []


def test_a_clock_that_is_off_is_said_with_by_how_much() -> None:
    finding = look(FakeWay(ahead=-7200.0))["network eu-west-1"]

    assert (finding.status, finding.what) == ("fail", "this machine's clock is 2h00m behind AWS's")
    assert look(FakeWay(ahead=None))["network eu-west-1"].status == "ok"


@pytest.mark.parametrize(
    ("way", "message", "remedy"),
    [
        (FakeWay(found=None), "there are none, for stages staging, production", "Set a profile"),
        (FakeWay(account=ApiError("ExpiredToken", "x")), "they have expired: ExpiredToken: x", "Renew them"),
        (FakeWay(account=ApiError("InvalidClientTokenId", "x")), "AWS does not take them: Invalid", "Set a profile"),
        (
            FakeWay(account=SKEWED),
            "clock is not AWS's",
            "Set the clock",
        ),
        (FakeWay(account=AWAY), "AWS is not reached: Endpoint", "network"),
        (FakeWay(found=RunnerError("the profile x cannot be used", hint="Did you")), "the profile x cannot", "Did you"),
    ],
)
def test_credentials_that_do_not_serve(way: FakeWay, message: str, remedy: str) -> None:
    findings = look(way, STAGING, PRODUCTION)

    assert states(findings) == ["ok", "fail"]
    assert message in findings["credentials"].what
    assert remedy in findings["credentials"].advice


def test_credentials_say_when_they_end() -> None:
    finding = look(FakeWay(found=Credentials("sso", NOW + 7200)))["credentials"]
    assert (finding.status, finding.what.partition("; ")[2]) == ("ok", "they end in 2h00m")

    finding = look(FakeWay(found=Credentials("sso", NOW + 60)))["credentials"]
    assert (finding.status, finding.what.partition("; ")[2]) == ("warn", "they end in 1m00s")


def test_credentials_of_one_stage_are_enough_unless_the_other_was_asked_for() -> None:
    both = look(FakeWay(), STAGING, PRODUCTION)
    assert (both["stage production"].status, both["bootstrap eu-west-1"].status) == ("warn", "ok")
    assert "profile in [stages.production] of batchwright.toml" in both["stage production"].advice

    assert look(FakeWay(), PRODUCTION, by_name=True)["stage production"].status == "fail"
    neither = look(FakeWay(account="999999999999"), STAGING, PRODUCTION)
    assert states(neither) == ["ok", "ok", "fail", "fail"]


@pytest.mark.parametrize(
    ("bootstrap", "state", "message"),
    [
        (NOT_FOUND, "fail", "account 111111111111 is not bootstrapped in eu-west-1: cdk deploy needs it"),
        ("5", "fail", "account 111111111111 has version 5, and 6 is needed"),
        (ApiError("AccessDeniedException", "no"), "unknown", "it cannot be seen: AccessDeniedException: no"),
    ],
)
def test_the_bootstrap_of_the_cdk(bootstrap: str | Exception, state: str, message: str) -> None:
    finding = look(FakeWay(bootstrap=bootstrap))["bootstrap eu-west-1"]

    assert (finding.status, finding.what) == (state, message)
    assert ("cdk bootstrap aws://111111111111/eu-west-1" in finding.advice) is (state == "fail")


def test_each_way_in_is_looked_at_by_itself() -> None:
    production = StageTarget(
        project="sales", stage="production", account="111111111111", region="eu-west-2", profile="p"
    )

    assert list(look(FakeWay(), STAGING, production)) == [
        "network eu-west-1",
        "network eu-west-2",
        "credentials",
        "bootstrap eu-west-1",
        "credentials p",
        "bootstrap eu-west-2",
    ]
