"""What a project says of one of its images: its repository, who manages that, and whose CI pushes. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batchwright.errors import DeclarationError, check_keys, wrong
from batchwright.names import check_image
from batchwright.registry.publishers import parse_source
from batchwright_runner.contract.context_keys import IMAGE_KEYS
from batchwright_runner.contract.names import registry_place, repository

_PART = "[a-z0-9]+([._-]+[a-z0-9]+)*"
_NAME = re.compile(f"{_PART}(/{_PART})*")  # Amazon ECR API reference, CreateRepository, 2026-11
_LENGTHS = range(2, 257)
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageEntry:
    """One image of a registry."""

    # Name of its ECR repository, or its URI where that is in another registry; empty for ``{project}/{image}``
    repository: str = ""
    # Whether the registry makes the repository. Otherwise something else has made it.
    managed: bool = True
    # The branch whose CI may push it; ``None`` for none
    pushed_by: str | None = None


def read_entry(subject: str, entry: object) -> ImageEntry:
    """Reads the entry of an image.

    `entry`: a branch, ``None``, or a mapping with ``repository``, ``managed`` and ``pushed_by``.
    """
    table: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {"pushed_by": entry}
    check_keys(subject, "image", table, IMAGE_KEYS)
    branch, managed = table.get("pushed_by"), table.get("managed", True)
    if not isinstance(managed, bool):
        raise wrong(subject, "managed", managed, "true or false")
    if branch is not None:
        parse_source(subject, branch)
    named = _repository(subject, table.get("repository"), managed=managed)
    if not managed:
        check_unmanaged(subject, branch)
    return ImageEntry(repository=named, managed=managed, pushed_by=branch)


def check_unmanaged(subject: str, pushed_by: object) -> None:
    """Raises if a branch is to push to a repository that something else manages."""
    if pushed_by is not None:
        problem = (
            "something else manages the image's repository, so that no role is made that pushes to it; leave it out, "
            "and give the CI its rights where the repository is made"
        )
        raise DeclarationError(subject, "pushed_by", problem)


def check_repositories(subject: str, project: str, entries: Mapping[str, ImageEntry]) -> None:
    """Raises where two images are in one repository: a stage's tag in it can point at one of them alone."""
    taken: dict[str, str] = {}
    for image, entry in entries.items():
        name = entry.repository or repository(project, image)
        other = taken.setdefault(name, image)
        if other != image:
            problem = f"{name!r} was given for {other} and for {image}; allowed: a repository for each image"
            raise DeclarationError(subject, "repository", problem)


def repositories_of(subject: str, repositories: Mapping[str, str] | None) -> dict[str, str]:
    """Checks repositories that something else manages, by image.

    `repositories`: Image to repository; ``None`` for none.
    """
    if repositories is not None and not isinstance(repositories, Mapping):
        raise wrong(subject, "repositories", repositories, "a mapping from images to ECR repositories")
    names: dict[str, str] = {}
    for image, name in (repositories or {}).items():
        check_image(subject, image)
        names[image] = read_entry(f"{subject}: image {image}", {"repository": name, "managed": False}).repository
    return names


def _repository(subject: str, repository: object, *, managed: bool) -> str:
    if repository is None:
        return ""
    allowed = "the name of an ECR repository, such as acme/rails"
    if not isinstance(repository, str):
        raise wrong(subject, "repository", repository, allowed)
    host, _, name = repository.partition("/")
    if registry_place(host) is not None:
        if managed:
            problem = (
                f"{repository!r} is in a registry that it names itself; allowed: a name, or its URI with managed: false"
            )
            raise DeclarationError(subject, "repository", problem)
        if _NAME.fullmatch(name) and len(name) in _LENGTHS:
            return repository
    elif _HOST.fullmatch(host) and name:
        raise wrong(subject, "repository", repository, f"{allowed}; a batch names any other with BatchImage.from_uri")
    elif _NAME.fullmatch(repository) and len(repository) in _LENGTHS:
        return repository
    raise wrong(subject, "repository", repository, f"{allowed}, without a tag")
