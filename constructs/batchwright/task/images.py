"""What a batch runs: an image of the project's registry, or one that lies anywhere else."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from constructs import Construct

from batchwright.arns import Place
from batchwright.errors import DeclarationError, wrong
from batchwright.names import StageNames, check_image
from batchwright.tokens import is_token
from batchwright_runner.contract.manifest import ImageReference
from batchwright_runner.contract.names import registry_place, repository

if TYPE_CHECKING:
    from aws_cdk import aws_ecr as ecr


@dataclass(frozen=True, slots=True)
class BatchImage:
    """An image that is not in the project's registry. One that is, is given by its name alone."""

    uri: str
    repository_arn: str | None = None
    repository_name: str = ""

    @classmethod
    def from_uri(cls, uri: str) -> "BatchImage":
        """An image by its URI.

        Args:
            uri: Repository and tag, ``example.com/tools/report:3``, or repository and digest,
                ``example.com/tools/report@sha256:…``. The execution role gets no right to pull it, unless the URI is
                one of ECR: then it may pull from that repository.

        Raises:
            DeclarationError: There is neither tag nor digest.
        """
        name, tag = _split(uri)
        if not is_token(uri) and (not name or not tag or "/" in tag):
            raise wrong("BatchImage.from_uri", "uri", uri, "repository:tag, or repository@digest")
        return cls(uri, _ecr_arn(name), name.partition("/")[2])

    @classmethod
    def from_repository(cls, source: "ecr.IRepository", tag: str) -> "BatchImage":
        """An image of an ECR repository that something else made.

        Args:
            source: The repository.
            tag: The tag to run, ``latest``.
        """
        return cls(f"{source.repository_uri}:{tag}", source.repository_arn, source.repository_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedImage:
    """An image as one stage runs it.

    Attributes:
        uri: Repository and tag.
        repository_arn: ARN of the ECR repository to pull from; ``None`` for an image outside ECR.
        repository_name: That repository's name.
        reference: The same for the manifest.
    """

    uri: str
    repository_arn: str | None
    repository_name: str
    reference: ImageReference

    def manifest_fields(self) -> dict[str, Any]:
        """What the manifest says of it."""
        return {"image": asdict(self.reference)}

    def repository(self, scope: Construct, subject: str) -> "ecr.IRepository":
        """The ECR repository as a construct of ``scope``.

        Raises:
            DeclarationError: The image is not in ECR.
        """
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

    Args:
        image: The image.
        project: The project.
        registry: Account and region of the project's images.
        repositories: Image to repository, of those that are not ``{project}/{image}``: a name, or a URI of elsewhere.
    """
    given = repositories.get(image, "")
    host, _, name = given.partition("/")
    place = registry_place(host)
    return (registry, given or repository(project, image)) if place is None else (Place(*place), name)


def resolve_image(
    subject: str,
    image: str | BatchImage,
    names: StageNames,
    registry: Place,
    repositories: Mapping[str, str] | None = None,
) -> ResolvedImage:
    """The image that a batch's declaration means, in one stage.

    Args:
        subject: Whose declaration it is.
        image: What it says.
        names: Names of the stage.
        registry: Account and region of the project's images.
        repositories: As for `locate`. Default: none.

    Raises:
        DeclarationError: It is no name of an image.
    """
    if isinstance(image, BatchImage):
        repository_uri, tag = _split(image.uri)
        return ResolvedImage(
            uri=image.uri,
            repository_arn=image.repository_arn,
            repository_name=image.repository_name,
            reference=ImageReference(name="", repository=repository_uri, tag=tag),
        )
    check_image(subject, image)
    place, name = locate(image, names.project, registry, repositories or {})
    uri = place.repository_uri(name)
    return ResolvedImage(
        uri=f"{uri}:{names.image_tag}",
        repository_arn=place.repository(name),
        repository_name=name,
        reference=ImageReference(name=image, repository=uri, tag=names.image_tag),
    )


def _split(uri: str) -> tuple[str, str]:
    repository_uri, separator, digest = uri.partition("@")
    if separator:
        return repository_uri, digest
    repository_uri, _, tag = uri.rpartition(":")
    return repository_uri, tag


def _ecr_arn(repository_uri: str) -> str | None:
    host, _, name = repository_uri.partition("/")
    place = registry_place(host)
    return Place(*place).repository(name) if place is not None else None
