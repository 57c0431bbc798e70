"""The images that a task pulls: that of its main container, and those of the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest, ImageReference
from batchwright_runner.contract.names import FILES_CONTAINER, registry_place


@dataclass(frozen=True, slots=True)
class Pulled:
    """An image that a task pulls.

    Attributes:
        image: The image; with a name where it is one of the project's registry.
        container: The container that it is of. Default: the main one.
    """

    image: ImageReference
    container: str = ""

    @property
    def place(self) -> tuple[str, str] | None:
        """Account and region of its registry; none where that is not ECR."""
        return registry_place(self.host)

    @property
    def host(self) -> str:
        """The host of its registry; empty for Docker Hub, which an image names by naming none."""
        first, slash, _ = self.image.repository.partition("/")
        return first if slash and (first == "localhost" or "." in first or ":" in first) else ""

    @property
    def repository(self) -> str:
        """The name of its repository there."""
        return self.image.repository.removeprefix(f"{self.host}/")


def main_image(manifest: BatchManifest) -> Pulled | None:
    """What the main container runs, as the manifest says it; none where it does not say. Pure."""
    if not manifest.image.repository:
        return None
    return Pulled(replace(ImageReference.from_uri(manifest.image.uri), name=manifest.image.name))


def other_images(manifest: BatchManifest, definition: Mapping[str, Any]) -> Iterator[Pulled]:
    """What a task definition runs beside the image that the manifest says, each image once. Pure."""
    main = main_image(manifest)
    seen = {main.image.uri if main else ""}
    for one in definition.get("containerDefinitions", []):
        image = ImageReference.from_uri(str(one.get("image", "")))
        if (main and one["name"] == manifest.container) or image.uri in seen:
            continue
        seen.add(image.uri)
        name = manifest.files_image if one["name"] == FILES_CONTAINER else ""
        yield Pulled(replace(image, name=name), one["name"])
