"""The project's registry, wherever it is: every call names its account."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from batchwright_runner.contract.names import STAGE_TAGS, registry_host, registry_place, repository
from batchwright_runner.contract.pages import pages
from batchwright_runner.contract.stop_reasons import REVERT
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.aws.client import Aws, permission_of
from batchwright_runner.host.aws.config import Target
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import patiently
from batchwright_runner.host.runs.signals import Waiter

MANIFEST_TYPES = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)
"""All that ECR keeps: without them BatchGetImage converts what it can, and the digest changes."""

_GRANTED = (
    "platform.grant_operate grants it, and pushed_by to CI; a repository of another account must allow it in its own "
    "policy too"
)


@dataclass(frozen=True, slots=True)
class Image:
    """An image in the registry."""

    name: str
    digest: str
    manifest: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Registry:
    """The repositories of a project in ECR."""

    target: Target
    aws: Aws
    waiter: Waiter
    # Image to the name of its repository, where that is not ``{project}/{image}``
    repositories: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Its host name."""
        return registry_host(self.target.account, self.target.region)

    def uri(self, image: str) -> str:
        """The repository of an image, without a tag."""
        return f"{self.host}/{self.repository(image)}"

    def repository(self, image: str) -> str:
        """The name of an image's repository."""
        return self.repositories.get(image) or repository(self.target.project, image)

    def get(self, image: str, reference: str) -> Image | None:
        """Reads an image by its tag or digest; none where the repository does not have it."""
        kind = "imageDigest" if reference.startswith("sha256:") else "imageTag"
        answer = self._call(
            image, "batch_get_image", imageIds=[{kind: reference}], acceptedMediaTypes=list(MANIFEST_TYPES)
        )
        for found in answer.get("images", []):
            media_type = found.get("imageManifestMediaType", "")
            return Image(image, found["imageId"]["imageDigest"], found["imageManifest"], media_type)
        for failure in answer.get("failures", []):
            if failure.get("failureCode") != "ImageNotFound":
                raise RunnerError(f"{image}:{reference} cannot be read: {failure.get('failureReason')}")
        return None

    def put(self, image: Image, tag: str) -> None:
        """Points a tag at an image that is there, by putting its manifest again, verbatim."""
        request = {"imageManifest": image.manifest, "imageTag": tag, "imageDigest": image.digest}
        if image.media_type:
            request["imageManifestMediaType"] = image.media_type
        try:
            self._call(image.name, "put_image", **request)
        except RunnerError as error:
            code = error.__cause__.code if isinstance(error.__cause__, ApiError) else ""
            if code == "ImageTagAlreadyExistsException":
                raise RunnerError(
                    f"{image.name}: the tag {tag} was not moved: the tags of {self.uri(image.name)} are immutable",
                    hint=f"A stage's tag has to move: make them IMMUTABLE_WITH_EXCLUSION, without {STAGE_TAGS}*",
                ) from error
            if code != "ImageAlreadyExistsException":
                raise

    def describe(self, image: str, digest: str = "") -> list[Mapping[str, Any]]:
        """All images of a repository, or the one of a digest, as ECR describes them."""
        only = {"imageIds": [{"imageDigest": digest}]} if digest else {}
        return list(pages(partial(self._call, image, "describe_images", **only), "imageDetails"))

    def layer_address(self, image: str, digest: str) -> str:
        """An address from which a layer or a configuration can be read for a while."""
        return str(self._call(image, "get_download_url_for_layer", layerDigest=digest)["downloadUrl"])

    def login_token(self) -> str:
        """The user and password for ``docker login``, in base64."""
        what = "no access to the registry was given"
        hint = f"The caller's role needs ecr:GetAuthorizationToken on *. {_GRANTED}"
        answer = patiently(partial(self.aws.call, "ecr", "get_authorization_token"), what, self.waiter, hint=hint)
        return str(answer["authorizationData"][0]["authorizationToken"])

    def _call(self, image: str, operation: str, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        what = f"image {image} in {self.host}: {operation} failed"
        place = {"registryId": self.target.account, "repositoryName": self.repository(image)}
        hint = f"The caller's role needs {permission_of('ecr', operation)} on {self.repository(image)}. {_GRANTED}"
        try:
            call = partial(self.aws.call, "ecr", operation, **place, **request)
            return patiently(call, what, self.waiter, hint=hint, but=("RepositoryNotFoundException",))
        except ApiError as error:
            raise UsageError(
                f"no such image {image!r}: repository {self.uri(image)} does not exist",
                hint=f"The registry's stack makes it: deploy that ({REVERT}, if someone deleted it), or check "
                "project and registry. Where something else makes it, name it: registry.images in cdk.json or "
                "batchwright.toml",
            ) from error


def place_of(target: Target, repositories: Iterable[str]) -> Target:
    """Where a registry is; where nothing else says it, from the repository URIs of deployed batches."""
    if target.account and target.region:
        return target
    for uri in repositories:
        place = registry_place(uri.partition("/")[0])
        if place is not None:
            account, region = place
            return replace(target, account=account, region=region)
    raise UsageError(
        "the registry is not known: neither --registry nor BATCHWRIGHT_REGISTRY nor batchwright.toml nor cdk.json says "
        "where it is",
        hint="Add --registry ACCOUNT.dkr.ecr.REGION.amazonaws.com",
    )
