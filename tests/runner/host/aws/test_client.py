"""Calls as botocore makes them, with its own check of each request against AWS's model."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3.session
import botocore.exceptions
import botocore.session
import pytest
import urllib3.exceptions
from botocore.credentials import AssumeRoleCredentialFetcher
from botocore.stub import Stubber

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws import client
from batchwright_runner.host.aws.client import Clients, translated
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import ends_at_once
from batchwright_runner.host.fargate.task import FargateTask
from tests.fake_aws import AwsServer, Script, faults, lines
from tests.fake_aws.fixtures import sample_manifest

if TYPE_CHECKING:
    from botocore.client import BaseClient

ARN = "arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/0123456789abcdef0123456789abcdef"


class Stubbed:
    """Clients whose answers a test gives."""

    def __init__(self) -> None:
        self.clients = Clients(StageTarget(project="batches", stage="staging", region="eu-west-1"))
        self.session = botocore.session.Session()

    def __getitem__(self, service: str) -> Stubber:
        client: BaseClient = self.session.create_client(
            service, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        self.clients._clients[service] = client
        stubber = Stubber(client)
        stubber.activate()
        return stubber


@pytest.fixture
def stubbed() -> Stubbed:
    return Stubbed()


ALIVE = {"lastStatus": "RUNNING"}


def test_what_stopped_the_main_container_is_remembered_and_named_when_it_is_known(stubbed: Stubbed) -> None:
    task = FargateTask(stubbed.clients, sample_manifest(essential=("agent",)), ARN, clock=lambda: 0.0)
    ecs = stubbed["ecs"]
    common = {"taskArn": ARN, "desiredStatus": "STOPPED", "stopCode": "EssentialContainerExited"}
    running, stopped = {"name": "main", **ALIVE}, {"name": "main", "lastStatus": "STOPPED", "exitCode": 0}
    agent = {"name": "agent", "lastStatus": "STOPPED", "exitCode": 1}
    for containers in ([running, {"name": "agent", **ALIVE}], [running, agent], [stopped, agent]):
        ecs.add_response("describe_tasks", {"tasks": [{**common, "containers": containers}]})

    answers = [task.describe().stopped_by for _ in range(3)]

    assert answers == ["another container ended", "agent ended with 1", "agent ended with 1"]


@pytest.mark.parametrize(
    ("essential", "others", "said"),
    [
        # It is alone: what is shown stopping first is the task, a moment before its container.
        ((), [[], []], ["", ""]),
        # Another one is there, and it turns out that it was stopped, or still runs, so that it was not the first.
        (("agent",), [[ALIVE], [{"lastStatus": "STOPPED", "exitCode": 143}]], ["another container ended", ""]),
        (("agent",), [[ALIVE], [ALIVE]], ["another container ended", ""]),
        # By the manifest its end does not end the task, and it was not seen to end first.
        ((), [[ALIVE], [{"lastStatus": "STOPPED", "exitCode": 0}]], ["", ""]),
    ],
)
def test_an_own_end_that_is_shown_late_is_blamed_on_no_other(
    stubbed: Stubbed, essential: tuple[str, ...], others: list[list[dict[str, object]]], said: list[str]
) -> None:
    task = FargateTask(stubbed.clients, sample_manifest(essential=essential), ARN, clock=lambda: 0.0)
    common = {"taskArn": ARN, "desiredStatus": "STOPPED", "stopCode": "EssentialContainerExited"}
    ecs = stubbed["ecs"]
    mains = ({"name": "main", "lastStatus": "RUNNING"}, {"name": "main", "lastStatus": "STOPPED", "exitCode": 0})
    for main, rest in zip(mains, others, strict=True):
        containers = [main, *({"name": "agent", **container} for container in rest)]
        ecs.add_response("describe_tasks", {"tasks": [{**common, "containers": containers}]})

    assert [task.describe().stopped_by for _ in range(2)] == said


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsServer]:
    with AwsServer() as server:
        for name, value in server.environ().items():
            monkeypatch.setenv(name, value)
        server.deploy(sample_manifest(), Script(lines=lines("a")))
        yield server


def get(clients: Clients) -> str:
    return str(clients.call("ssm", "get_parameter", Name=sample_manifest().path)["Parameter"]["Name"])


def clients(**target: str) -> Clients:
    return Clients(StageTarget(project="batches", stage="staging", **target))


@pytest.mark.parametrize("fault", [faults.cut(1), faults.lost_answer(1), faults.html_page("[]", status=200)])
def test_an_answer_without_its_end_or_of_another_shape_is_a_lost_one(served: AwsServer, fault: faults.Fault) -> None:
    served.faults("GetParameter", fault)

    with pytest.raises(ApiError) as caught:
        get(clients())
    assert (caught.value.lost, caught.value.temporary, len(served.calls_of("GetParameter"))) == (True, True, 1)


def test_an_endpoint_that_cannot_be_reached_may_be_reached_again(
    served: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    with pytest.raises(ApiError, match="EndpointConnectionError") as caught:
        get(clients())
    assert (caught.value.temporary, caught.value.lost, served.calls) == (True, False, [])  # nothing was asked for


def test_a_function_that_is_invoked_is_waited_for_and_its_answer_is_read(served: AwsServer) -> None:
    served.world.functions["f"] = ("", {"told": []})
    here = clients()

    assert here.call("lambda", "invoke", FunctionName="f")["Payload"] == b'{"told": []}'
    configs: list[Any] = [here._client(name).meta.config for name in ("lambda", "ecs")]
    assert [config.read_timeout for config in configs] == [60, 15]


def test_expired_credentials_are_looked_up_anew_once(served: AwsServer) -> None:
    served.faults("GetParameter", faults.expired_token(1))
    assert get(clients()) == sample_manifest().path

    served.faults("GetParameter", faults.expired_token(2))
    with pytest.raises(ApiError, match="ExpiredToken"):
        get(clients())


def test_a_role_is_assumed(served: AwsServer) -> None:
    get(clients(role_arn="arn:aws:iam::222222222222:role/runner"))
    keys = {call.operation: call.key for call in served.calls}

    assert served.calls_of("AssumeRole")[0].body["RoleArn"] == "arn:aws:iam::222222222222:role/runner"
    assert keys["AssumeRole"] == "AKIATEST"
    assert keys["GetParameter"] != "AKIATEST"


def test_the_region_of_the_stage_is_used(served: AwsServer) -> None:
    get(clients(region="us-east-2"))

    assert (served.calls[0].region, clients(region="us-east-2").region) == ("us-east-2", "us-east-2")
    assert clients().region == "eu-west-1"


@pytest.mark.parametrize("region", ["ap-southeast-5", "us-east-1"])
def test_a_role_is_assumed_at_the_stages_own_region(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    for name, value in (("AWS_DEFAULT_REGION", "us-west-2"), ("AWS_STS_REGIONAL_ENDPOINTS", "legacy")):
        monkeypatch.setenv(name, value)
    session = client._session(StageTarget(project="batches", stage="staging", region=region))

    assert session.create_client("sts").meta.endpoint_url == f"https://sts.{region}.amazonaws.com"


def test_one_session_serves_the_region_and_all_calls(served: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions: list[botocore.session.Session] = []

    class Counted(botocore.session.Session):
        def __init__(self, profile: str | None = None) -> None:
            super().__init__(profile=profile)
            sessions.append(self)

    monkeypatch.setattr(botocore.session, "Session", Counted)
    own = clients(region="us-east-2")

    assert (own.region, own.region) == ("us-east-2", "us-east-2")
    get(own)
    get(own)

    assert (len(served.calls_of("GetParameter")), len(sessions)) == (2, 1)


def test_boto3_makes_each_client_once(served: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    create = boto3.session.Session.client

    def counted(self: boto3.session.Session, service: Any, **given: Any) -> Any:  # noqa: ANN401 - as boto3 has it
        made.append(service)
        return create(self, service, **given)

    monkeypatch.setattr(boto3.session.Session, "client", counted)
    own = clients()
    get(own)
    get(own)

    assert (made, len(served.calls_of("GetParameter"))) == (["ssm"], 2)


def without_keys(monkeypatch: pytest.MonkeyPatch, config: Path = Path("/nowhere")) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))


def test_no_credentials_are_a_clear_error(served: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    without_keys(monkeypatch)

    with pytest.raises(ApiError, match="no AWS credentials were found") as caught:
        get(clients())
    assert (caught.value.denied, served.calls) == (True, [])


@pytest.mark.process
def test_a_source_of_credentials_that_is_named_late_is_found(
    served: AwsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without_keys(monkeypatch, tmp_path / "config")
    own = clients()
    with pytest.raises(ApiError, match="no AWS credentials were found"):
        get(own)
    (tmp_path / "printed").write_text(f'{{{KEYS}, "AccessKeyId": "A"}}')
    (tmp_path / "config").write_text(f"[default]\ncredential_process = cat {tmp_path}/printed\n")

    assert (get(own), len(served.calls)) == (sample_manifest().path, 1)


KEYS = '"Version": 1, "SecretAccessKey": "s", "SessionToken": "t"'
PLAIN = {
    "expired already": f'echo \'{{{KEYS}, "AccessKeyId": "A", "Expiration": "2020-01-01T00:00:00Z"}}\'',
    "a year that is none": f'echo \'{{{KEYS}, "AccessKeyId": "A", "Expiration": "{"9" * 20}-01-01T00:00:00Z"}}\'',
    "a key that is a number": f"echo '{{{KEYS}, \"AccessKeyId\": 1}}'",
    "brackets": "head -c 99999 /dev/zero | tr '\\0' '['",
    "no text": "printf '\\377'",
    "a list": "echo '[]'",
    "nothing": "exit 0",
    "no program": "",
}
"""What botocore turns into no error of its own, with what a program of credentials prints."""


@pytest.mark.process
@pytest.mark.parametrize("prints", PLAIN.values(), ids=PLAIN)
def test_what_a_source_of_credentials_does_wrong_is_a_failure_of_credentials(
    served: AwsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, prints: str
) -> None:
    without_keys(monkeypatch, tmp_path / "config")
    (tmp_path / "source").write_text(prints)
    program = f"sh {tmp_path}/source" if prints else "/nowhere/source"
    (tmp_path / "config").write_text(f"[default]\ncredential_process = {program}\n")

    with pytest.raises(ApiError, match=r"^CredentialRetrievalError: ") as caught:
        get(clients())
    assert (caught.value.credentials, served.calls) == (True, [])


def test_a_code_that_no_one_can_be_asked_for_is_named() -> None:
    def ask(_prompt: str) -> str:
        raise EOFError

    device = {"SerialNumber": "arn:aws:iam::111111111111:mfa/alice"}
    create = botocore.session.get_session().create_client
    fetcher = AssumeRoleCredentialFetcher(create, None, "arn:aws:iam::111111111111:role/ops", device, mfa_prompter=ask)

    with pytest.raises(ApiError, match="an MFA code is needed, and no one can be asked"):
        translated(fetcher.fetch_credentials)


@pytest.fixture
def secure() -> Iterator[str]:
    """The address of something that listens, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("AWS_ENDPOINT_URL", "localhost:4566", "Invalid endpoint: localhost:4566"),
        ("AWS_CA_BUNDLE", "/nowhere.pem", "the bundle of certificates cannot be used: .* No such file"),
        ("AWS_CA_BUNDLE", "/dev/null", "the bundle of certificates cannot be used: .*NO_CERTIFICATE"),
        ("HTTPS_PROXY", "http://:x", "Failed to parse: (':x'|http://:x)"),
        ("AWS_METADATA_SERVICE_TIMEOUT", "x", "invalid literal for int"),
        ("AWS_SESSION_TOKEN", "hidden\ntoken", "a key or a token has a line break in it$"),
    ],
)
@pytest.mark.usefixtures("served")
def test_a_setting_that_cannot_be_used_is_one_that_does_not_pass(
    monkeypatch: pytest.MonkeyPatch, secure: str, name: str, value: str, says: str
) -> None:
    if name in {"AWS_CA_BUNDLE", "HTTPS_PROXY"}:
        monkeypatch.setenv("AWS_ENDPOINT_URL", secure)
    if "METADATA" in name:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv(name, value)

    with pytest.raises(ApiError, match=rf"^InvalidConfigError: {says}") as caught:
        get(clients())
    assert (caught.value.temporary, ends_at_once(caught.value)) == (False, True)


def test_a_certificate_that_nobody_trusts_may_be_that_of_a_portal() -> None:
    refused = urllib3.exceptions.SSLError("refused")
    refused.__cause__ = ssl.SSLCertVerificationError(1, "CERTIFICATE_VERIFY_FAILED")

    def fails() -> None:
        raise botocore.exceptions.SSLError(endpoint_url="https://x", error=refused)

    with pytest.raises(ApiError, match=r"^SSLError") as caught:
        translated(fails)
    assert caught.value.temporary


def test_a_profile_that_does_not_exist_is_a_clear_error(served: AwsServer) -> None:
    with pytest.raises(RunnerError, match=r"profile nobody cannot be used: it does not exist\. There are no"):
        get(clients(profile="nobody"))
    assert served.calls == []


def test_half_of_a_configuration_is_a_clear_error_and_passes_once_a_call_has_worked(
    served: AwsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    here = clients()
    get(here)
    (tmp_path / "config").write_text("[default\nregion")
    served.faults("GetParameter", faults.expired_token(1))

    with pytest.raises(RunnerError, match="AWS's own configuration cannot be used"):
        get(clients())
    with pytest.raises(ApiError, match="CredentialRetrievalError: AWS's own configuration cannot be used"):
        get(here)


HEAD = "<!DOCTYPE html>\n<html><head>\n<title>Access\n denied</title></head>\n<body>"
PROXY = f"{HEAD}{'<p>no</p>' * 200}</body></html>"


def test_a_page_of_a_proxy_is_named_and_not_shown(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.environ().items():
        monkeypatch.setenv(name, value)
    aws.faults("GetParameter", faults.html_page(PROXY))

    with pytest.raises(ApiError) as caught:
        clients(region="eu-west-1").call("ssm", "get_parameter", Name="/x")

    assert str(caught.value) == "HTTP 403: an HTML page (Access denied), not an answer of AWS"
    assert not caught.value.temporary
