"""ECR: what pushing, listing and releasing use of it."""

import base64
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.services.image_store import Repository, details
from tests.fake_aws.world import World, page_of

PAGE = 3
"""Images in a page of DescribeImages; ECR's are larger, and paging has to be seen in a test."""


def get_authorization_token(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetAuthorizationToken."""
    del body
    token = base64.b64encode(b"AWS:login-canary").decode()
    endpoint = f"https://{world.account}.dkr.ecr.{world.region}.amazonaws.com"
    return {"authorizationData": [{"authorizationToken": token, "expiresAt": world.clock(), "proxyEndpoint": endpoint}]}


def batch_get_image(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """BatchGetImage: a manifest of a type that is not accepted would be converted, which is refused here."""
    repository, images, failures = _repository(world, body), [], []
    for image_id in body["imageIds"]:
        image = repository.find(image_id.get("imageDigest") or image_id.get("imageTag"))
        if image is None:
            reason = {"failureCode": "ImageNotFound", "failureReason": "Requested image not found"}
            failures.append({"imageId": image_id, **reason})
            continue
        if image.media_type not in body.get("acceptedMediaTypes", []):
            raise AwsError("UnsupportedImageTypeException", f"{image.media_type} is not accepted")
        images.append(
            {
                "imageId": {**image_id, "imageDigest": image.digest},
                "imageManifest": image.body.decode(),
                "imageManifestMediaType": image.media_type,
                "registryId": body["registryId"],
                "repositoryName": repository.name,
            }
        )
    return {"images": images, "failures": failures}


def put_image(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """PutImage."""
    repository = _repository(world, body)
    data = body["imageManifest"].encode()
    digest = repository.put(data, body.get("imageManifestMediaType", ""), body.get("imageTag", ""))
    if body.get("imageDigest", digest) != digest:
        raise AwsError("ImageDigestDoesNotMatchException", "The digest is another")
    return {"image": {"imageId": {"imageDigest": digest, "imageTag": body.get("imageTag")}}}


def describe_images(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeImages, in pages."""
    page, more = page_of(details(_repository(world, body)), body, PAGE)
    return {"imageDetails": page, **more}


def get_download_url_for_layer(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetDownloadUrlForLayer."""
    repository, digest = _repository(world, body), body["layerDigest"]
    if digest not in repository.blobs:
        raise AwsError("LayersNotFoundException", "no such layer")
    return {"downloadUrl": world.images.blob_address(repository.name, digest), "layerDigest": digest}


def _repository(world: World, body: dict[str, Any]) -> Repository:
    repository = world.images.repositories.get(body["repositoryName"])
    if repository is None or body.get("registryId") != REGISTRY:
        text = f"The repository with name '{body['repositoryName']}' does not exist in the registry"
        raise AwsError("RepositoryNotFoundException", text)
    return repository


REGISTRY = "333333333333"
"""The account of the registry, which is none of the stages'."""
