"""What a batch runs: an image of the project's registry, or one of anywhere else."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from constructs import Construct

from batchwright.arns import Place
from batchwright.errors import DeclarationError, wrong
from batchwright.lookups import is_pending
from batchwright.names import LOCAL, check_image
from batchwright.tokens import TOKEN, is_token
from batchwright_runner.contract.manifest import ImageReference
from batchwright_runner.contract.names import StageNames, image_tag, registry_place, repository

if TYPE_CHECKING:
    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_ecr_assets as assets

_PART = rf"([a-z0-9-]+|{TOKEN.pattern})"
_ECR = re.compile(
    rf"(?P<account>{_PART})\.dkr[.-]ecr(-fips)?\.(?P<region>{_PART})\.(amazonaws\.com(\.cn)?|on\.aws|{TOKEN.pattern})"
)
_REPOSITORY = re.compile(r"([A-Za-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+(([._/]|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
LONGEST = 255
"""Characters of an image's address (Amazon ECS API reference, ContainerDefinition, 2026-11)."""
_REFERENCE = "repository:tag, or repository@digest, a digest being sha256: and 64 of 0-9 and a-f"


@dataclass(frozen=True, slots=True)
class BatchImage:
    """An image that is not in the project's registry. One that is, is given by its name alone.

    Make one with `from_uri`, `from_repository` or `from_asset`.

    Attributes:
        uri: Repository and tag or digest, as the task definition names it.
        repository_arn: ARN of its ECR repository, which the execution role may pull from; ``None`` elsewhere.
        repository_name: The name of its repository; empty where that is not known.
    """

    uri: str
    repository_arn: str | None = None
    repository_name: str = ""

    @classmethod
    def from_uri(cls, uri: str) -> "BatchImage":
        """An image by its URI.

        Args:
            uri: Repository and tag, ``example.com/tools/report:3``, or repository and digest,
                ``example.com/tools/report@sha256:…``; of both, the digest counts. The execution role gets no right to
                pull it, unless the URI is one of ECR: then it may pull from that repository. Account, region, name and
                tag may be values that only a deployment knows; the whole may not, as nothing could be seen of it.

        Raises:
            DeclarationError: There is neither tag nor digest.
        """
        if not isinstance(uri, str):
            raise wrong("BatchImage.from_uri", "uri", uri, _REFERENCE)
        name, tag = _split(uri)
        if not TOKEN.fullmatch(uri) and not is_pending(uri):
            if not _REPOSITORY.fullmatch(TOKEN.sub("x", name)) or not _is_tag(tag, digest="@" in TOKEN.sub("", uri)):
                raise wrong("BatchImage.from_uri", "uri", uri, _REFERENCE)
            uri = f"{name}@{tag}" if tag.startswith("sha256:") else uri
        place = _ecr_place(name)
        repository_name = name.partition("/")[2]
        return cls(uri, place._repository(repository_name) if place else None, repository_name)

    @classmethod
    def from_asset(cls, asset: "assets.DockerImageAsset | assets.TarballImageAsset") -> "BatchImage":
        """An image that the CDK CLI builds and pushes with the deployment, into the repository of CDK's bootstrap.

        It is released by a deployment and by nothing else: ``release``, ``rollback`` and ``image`` do not know it.

        Args:
            asset: The asset, of a stack in the stage's account and region.
        """
        return cls.from_repository(asset.repository, asset.image_tag)

    @classmethod
    def from_repository(cls, source: "ecr.IRepository", tag: str) -> "BatchImage":
        """An image of an ECR repository that something else made.

        Args:
            source: The repository.
            tag: The tag to run, ``latest``, or the digest, ``sha256:…``; of both, the digest counts.

        Raises:
            DeclarationError: It is neither.
        """
        digest = isinstance(tag, str) and ("@" in tag or tag.startswith("sha256:"))
        checked = tag.rpartition("@")[2] if digest else tag
        if not isinstance(tag, str) or not _is_tag(checked, digest=digest):
            allowed = "a tag, such as latest, or a digest, sha256: and 64 of 0-9 and a-f"
            raise wrong("BatchImage.from_repository", "tag", tag, allowed)
        return cls(
            f"{source.repository_uri}{'@' if digest else ':'}{checked}", source.repository_arn, source.repository_name
        )


@dataclass(frozen=True, slots=True)
class ResolvedImage(BatchImage):
    """An image as one stage runs it."""

    # Its name in the project's registry; empty for an image from elsewhere
    name: str = ""

    @property
    def reference(self) -> ImageReference:
        """The same for the manifest."""
        repository_uri, tag = _split(self.uri)
        return ImageReference(name=self.name, repository=repository_uri, tag=tag)

    def manifest_fields(self) -> dict[str, Any]:
        """The manifest's fields about it."""
        return {"image": asdict(self.reference)}

    def repository(self, scope: Construct, subject: str) -> "ecr.IRepository":
        """The ECR repository as a construct of ``scope``."""
        from aws_cdk import aws_ecr as ecr

        if self.repository_arn is None:
            raise DeclarationError(
                subject, "repository", f"the image {self.uri} is not in ECR, so it has no repository"
            )
        return ecr.Repository.from_repository_attributes(
            scope, "Repository", repository_arn=self.repository_arn, repository_name=self.repository_name
        )


def locate(image: str, project: str, registry: Place, repositories: Mapping[str, str]) -> tuple[Place, str]:
    """Account and region of an image's ECR repository, and its name. Pure.

    `repositories`: Image to repository, of those that are not ``{project}/{image}``: a name, or a URI from elsewhere.
    """
    elsewhere = repositories.get(image, "")
    host, _, name = elsewhere.partition("/")
    place = registry_place(host)
    return (registry, elsewhere or repository(project, image)) if place is None else (Place(*place), name)


def resolve_image(
    subject: str,
    image: str | BatchImage,
    names: StageNames,
    registry: Place,
    repositories: Mapping[str, str] | None = None,
) -> ResolvedImage:
    """The image that a batch's declaration means, in one stage."""
    if isinstance(image, BatchImage):
        check_known(subject, "image", image, names.stage)
        return ResolvedImage(image.uri, image.repository_arn, image.repository_name)
    check_image(subject, image)
    place, repository_name = locate(image, names.project, registry, repositories or {})
    uri = f"{place._repository_uri(repository_name)}:{image_tag(names.stage)}"
    return ResolvedImage(uri, place._repository(repository_name), repository_name, image)


def as_image(image: str | BatchImage) -> BatchImage:
    """An image that is given by its URI or as it is."""
    return BatchImage.from_uri(image) if isinstance(image, str) else image


def check_length(subject: str, argument: str, image: BatchImage) -> None:
    """Raises for an address that is longer than ECS takes; what only a deployment knows is not counted."""
    length = len(TOKEN.sub("", image.uri))
    if length > LONGEST:
        problem = f"its address has {length} characters; allowed: {LONGEST}, as ECS takes"
        raise DeclarationError(subject, argument, problem)


def check_known(subject: str, argument: str, image: BatchImage, stage: str) -> None:
    """Raises for an image of which a synthesis sees nothing: who may pull it, and what the manifest says, is not known.

    In the stage ``local`` it is allowed: a setting may be missing there, and a run then says so.
    """
    host = image.uri.partition("/")[0]
    if stage != LOCAL and image.repository_arn is None and is_token(host):
        problem = (
            "a URI was given whose registry only a deployment knows, so that no right to pull it can be written; "
            "allowed: a URI as text, BatchImage.from_asset(asset), or BatchImage.from_repository(repository, tag)"
        )
        raise DeclarationError(subject, argument, problem)


def _split(uri: str) -> tuple[str, str]:
    """Repository and tag, or digest; a token may hold any character and is not looked into."""
    tokens = TOKEN.findall(uri)
    plain = TOKEN.sub("\0", uri)
    named, at, digest = plain.partition("@")
    repository_uri, colon, tag = named.rpartition(":")
    if at:
        repository_uri, tag = (named if not colon or "/" in tag else repository_uri), digest
    number = repository_uri.count("\0")
    return _filled(repository_uri, tokens[:number]), _filled(tag, tokens[len(tokens) - tag.count("\0") :])


def _is_tag(text: str, *, digest: bool) -> bool:
    """Whether a text is a tag, or a digest (OCI distribution specification, 1.1); of a token nothing is seen."""
    return is_token(text) or is_pending(text) or bool((_DIGEST if digest else _TAG).fullmatch(text))


def _filled(text: str, tokens: Sequence[str]) -> str:
    for token in tokens:
        text = text.replace("\0", token, 1)
    return text


def _ecr_place(repository_uri: str) -> Place | None:
    """Account and region of a repository in ECR, which may be tokens."""
    host = repository_uri.partition("/")[0]
    place = registry_place(host)
    if place is not None:
        return Place(*place)
    parts = _ECR.fullmatch(host)
    return Place(parts["account"], parts["region"]) if parts and is_token(host) else None
