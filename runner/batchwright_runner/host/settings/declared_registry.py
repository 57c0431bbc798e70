"""What a project's cdk.json says of its repositories that have names of their own."""

from collections.abc import Mapping
from pathlib import Path

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.settings.project import find_project


def declared_repositories(folder: Path, project: str) -> Mapping[str, str]:
    """Image to repository, of those that are not ``{project}/{image}``: a name, or a URI of elsewhere.

    Where the project that a folder is in says nothing that can be read, nothing is known.
    """
    try:
        context = find_project(folder).context
    except RunnerError:
        return {}
    registry = context.get("registry")
    if not isinstance(registry, dict) or context.get("project", "batches") != project:
        return {}
    images = registry.get("images")
    entries = images.items() if isinstance(images, dict) else ()
    named = {image: said["repository"] for image, said in entries if isinstance(said, dict) and "repository" in said}
    return {image: name for image, name in named.items() if isinstance(name, str)}
