"""What a project's cdk.json says of its registry: where it is, and which repositories have names of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from batchwright_runner.contract.names import registry_host
from batchwright_runner.errors import RunnerError
from batchwright_runner.project.project import find_project


@dataclass(frozen=True, slots=True)
class DeclaredRegistry:
    """The registry of a cdk.json.

    Attributes:
        host: Its host name; empty where nothing says it.
        repositories: Image to repository, of those that are not ``{project}/{image}``: a name, or a URI of elsewhere.
    """

    host: str = ""
    repositories: Mapping[str, str] = field(default_factory=dict)


def declared_registry(folder: Path, project: str) -> DeclaredRegistry:
    """The registry of the project that a folder is in. Where it says nothing that can be read, nothing is known.

    Args:
        folder: The folder.
        project: The project that is asked for.
    """
    try:
        context = find_project(folder).context
    except RunnerError:
        return DeclaredRegistry()
    registry = context.get("registry")
    if not isinstance(registry, dict) or context.get("project", "batches") != project:
        return DeclaredRegistry()
    account, region, images = registry.get("account"), registry.get("region"), registry.get("images")
    host = registry_host(account, region) if isinstance(account, str) and isinstance(region, str) else ""
    entries = images.items() if isinstance(images, dict) else ()
    named = {image: said["repository"] for image, said in entries if isinstance(said, dict) and "repository" in said}
    return DeclaredRegistry(host, {image: name for image, name in named.items() if isinstance(name, str)})
