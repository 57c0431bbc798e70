"""The requests, checked against AWS's own models: botocore refuses a parameter that does not exist."""

from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber

from batchwright_runner.host.aws.config import Target
from batchwright_runner.host.images.registry import MANIFEST_TYPES, Image, Registry
from batchwright_runner.host.params.change import delete_value, put_value
from batchwright_runner.host.params.declared import Declared
from batchwright_runner.host.params.present import read_folder, read_values
from batchwright_runner.host.releases.record import Record, Records
from tests.runner.workbench.images.support import RECORD

PLACE = {"registryId": "333333333333", "repositoryName": "batches/reports"}
DIGEST = f"sha256:{'0' * 64}"
INDEX = "application/vnd.oci.image.index.v1+json"


class Time:
    """Nothing is repeated here, so nobody waits."""

    signals: tuple[int, ...] = ()

    def now(self) -> float:
        return 0.0

    def wait(self, seconds: float, read: object = (), write: object = ()) -> None:  # noqa: ARG002 - the Protocol's
        raise AssertionError("waited")

    def note(self, text: str) -> None:
        raise AssertionError(f"said {text}")


class Stubbed:
    """Makes calls with a client that expects them."""

    def __init__(self, service: str) -> None:
        session = botocore.session.Session()
        session.set_credentials("AKIATEST", "secret")
        self._client = session.create_client(service, region_name="eu-west-1")
        self.stubber = Stubber(self._client)

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        assert service == self._client.meta.service_model.service_name
        answer: Mapping[str, Any] = getattr(self._client, operation)(**parameters)
        return answer


@pytest.fixture
def ecr() -> Iterator[Stubbed]:
    yield from _stubbed("ecr")


@pytest.fixture
def ssm() -> Iterator[Stubbed]:
    yield from _stubbed("ssm")


def _stubbed(service: str) -> Iterator[Stubbed]:
    stubbed = Stubbed(service)
    with stubbed.stubber:
        yield stubbed
        stubbed.stubber.assert_no_pending_responses()


def registry(aws: Stubbed) -> Registry:
    target = Target(project="batches", account="333333333333", region="eu-west-1")
    return Registry(target, aws, Time())


@pytest.mark.parametrize(("reference", "kind"), [("sha-1", "imageTag"), (DIGEST, "imageDigest")])
def test_an_image_is_read_by_tag_or_digest_in_all_its_forms(ecr: Stubbed, reference: str, kind: str) -> None:
    found = {"imageId": {"imageDigest": DIGEST}, "imageManifest": "{}", "imageManifestMediaType": INDEX}
    asked = {**PLACE, "imageIds": [{kind: reference}], "acceptedMediaTypes": list(MANIFEST_TYPES)}
    ecr.stubber.add_response("batch_get_image", {"images": [found], "failures": []}, asked)

    assert registry(ecr).get("reports", reference) == Image("reports", DIGEST, "{}", INDEX)


def test_a_tag_is_moved_with_the_manifest_its_type_and_its_digest(ecr: Stubbed) -> None:
    asked = {**PLACE, "imageManifest": "{}", "imageManifestMediaType": INDEX, "imageTag": "t", "imageDigest": DIGEST}
    ecr.stubber.add_response("put_image", {}, asked)

    registry(ecr).put(Image("reports", DIGEST, "{}", INDEX), "t")


def test_listing_follows_the_pages(ecr: Stubbed) -> None:
    ecr.stubber.add_response("describe_images", {"imageDetails": [{"imageDigest": "a"}], "nextToken": "n"}, PLACE)
    last = {"imageDetails": [{"imageDigest": "b"}]}
    ecr.stubber.add_response("describe_images", last, {**PLACE, "nextToken": "n"})

    assert [one["imageDigest"] for one in registry(ecr).describe("reports")] == ["a", "b"]


def test_a_configuration_and_a_password_are_asked_for(ecr: Stubbed) -> None:
    ecr.stubber.add_response(
        "get_download_url_for_layer", {"downloadUrl": "https://a"}, {**PLACE, "layerDigest": DIGEST}
    )
    ecr.stubber.add_response("get_authorization_token", {"authorizationData": [{"authorizationToken": "dA=="}]}, {})

    assert registry(ecr).layer_address("reports", DIGEST) == "https://a"
    assert registry(ecr).login_token() == "dA=="


def test_a_secret_is_put_and_deleted(ssm: Stubbed) -> None:
    one = Declared(path="/batches/staging/a/B", name="B", kind="secret", users=("a",), key="alias/batches-staging")
    request = {"Name": one.path, "Value": "v", "Overwrite": True, "Type": "SecureString", "KeyId": one.key}
    ssm.stubber.add_response("put_parameter", {"Version": 2}, request)
    ssm.stubber.add_response("delete_parameter", {}, {"Name": one.path})

    assert put_value(ssm, one, "v", Time()) == 2
    assert delete_value(ssm, one.path, Time())


def test_values_are_read_ten_at_a_time_and_never_decrypted(ssm: Stubbed) -> None:
    names = [f"/n/{n}" for n in range(11)]
    for part in (names[:10], names[10:]):
        ssm.stubber.add_response("get_parameters", {"Parameters": []}, {"Names": part, "WithDecryption": False})
    folder = {"Path": "/batches/staging/a", "Recursive": True, "WithDecryption": False}
    ssm.stubber.add_response("get_parameters_by_path", {"Parameters": [], "NextToken": "n"}, folder)
    ssm.stubber.add_response("get_parameters_by_path", {"Parameters": []}, {**folder, "NextToken": "n"})

    assert read_values(ssm, names, Time()) == {}
    assert read_folder(ssm, "/batches/staging/a", Time()) == {}


def test_a_record_is_added_and_the_history_followed_through_its_pages(ssm: Stubbed) -> None:
    record = Record(image="reports", digest=DIGEST, tag="sha-1", by="me", at="now")
    request = {"Name": RECORD, "Value": record.to_json(), "Type": "String", "Overwrite": True}
    ssm.stubber.add_response("put_parameter", {"Version": 1}, request)
    page = {"Parameters": [{"Value": record.to_json()}]}
    ssm.stubber.add_response("get_parameter_history", {**page, "NextToken": "n"}, {"Name": RECORD})
    ssm.stubber.add_response("get_parameter_history", page, {"Name": RECORD, "NextToken": "n"})
    records = Records(RECORD, ssm, Time())

    records.put(record)
    assert records.history() == [record, record]
