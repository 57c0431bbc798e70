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
AWAY = ApiError("EndpointConnectionError", "Could not connect to sts.eu-west-1.amazonaws.com", status=UNREACHABLE)


@dataclass
class FakeWay:
    """A way to AWS.

    Attributes:
        found: The credentials, or why there are none.
        account: Whose they are, or why it is not seen.
    """

    found: Credentials | Exception | None = field(default_factory=lambda: Credentials("env"))
    account: str | Exception = "111111111111"
    asked: list[str] = field(default_factory=list)

    def credentials(self) -> Credentials | None:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        assert (service, parameters) == ("sts", {})
        self.asked.append(operation)
        if isinstance(self.account, Exception):
            raise self.account
        return {"Account": self.account, "Arn": "arn:aws:iam::1:user/me"}


def look(way: FakeWay, *stages: StageTarget, by_name: bool = False) -> dict[str, Finding]:
    access = AwsAccess(lambda _: cast("Clients", way), by_name=by_name, wall=lambda: NOW)
    return {finding.name: finding for finding in access.findings(stages or [STAGING])}


def states(findings: Mapping[str, Finding]) -> Sequence[str]:
    return [finding.status for finding in findings.values()]


def test_a_way_that_is_open() -> None:
    way = FakeWay()
    findings = look(way)

    assert states(findings) == ["ok", "ok"]
    assert findings["credentials"].what == "account 111111111111, arn:aws:iam::1:user/me, from env"
    assert findings["start in staging"].what.startswith("these credentials are of its account, 111111111111")
    assert way.asked == ["get_caller_identity"]


@pytest.mark.parametrize(
    ("way", "message", "remedy"),
    [
        (FakeWay(found=None), "there are none, for staging, production", "Set a profile"),
        (FakeWay(account=ApiError("ExpiredToken", "x")), "they have expired: ExpiredToken: x", "Renew them"),
        (FakeWay(account=ApiError("InvalidClientTokenId", "x")), "AWS: Invalid", "Set a profile"),
        (FakeWay(account=AWAY), "AWS is not reached: Endpoint", "network"),
        (FakeWay(found=RunnerError("the profile x cannot be used", hint="Did you")), "the profile x cannot", "Did you"),
    ],
)
def test_credentials_that_do_not_serve(way: FakeWay, message: str, remedy: str) -> None:
    findings = look(way, STAGING, PRODUCTION)

    assert states(findings) == ["fail"]
    assert message in findings["credentials"].what
    assert remedy in findings["credentials"].advice


def test_credentials_say_when_they_end() -> None:
    finding = look(FakeWay(found=Credentials("sso", NOW + 7200)))["credentials"]
    assert (finding.status, finding.what.partition("; ")[2]) == ("ok", "they end in 2h00m")

    finding = look(FakeWay(found=Credentials("sso", NOW + 60)))["credentials"]
    assert (finding.status, finding.what.partition("; ")[2]) == ("warn", "they end in 1m00s")


def test_credentials_of_one_stage_are_enough_unless_the_other_was_asked_for() -> None:
    both = look(FakeWay(), STAGING, PRODUCTION)
    assert (both["start in production"].status, both["start in staging"].status) == ("warn", "ok")
    assert "profile in [stages.production] of batchwright.toml" in both["start in production"].advice

    assert look(FakeWay(), PRODUCTION, by_name=True)["start in production"].status == "fail"
    assert states(look(FakeWay(account="999999999999"), STAGING, PRODUCTION)) == ["ok", "fail", "fail"]


def test_each_way_in_is_looked_at_by_itself() -> None:
    production = StageTarget(
        project="sales", stage="production", account="111111111111", region="eu-west-2", profile="p"
    )

    assert list(look(FakeWay(), STAGING, production)) == [
        "credentials",
        "start in staging",
        "credentials p",
        "start in production",
    ]
