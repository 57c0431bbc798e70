"""What the cases of config files and of Datadog's Agent share."""

from tests.containers.cases import Cases

MODULES = ("socket", "signal", "time")
"""What the stand-in for the Agent imports."""


def named(cases: Cases, image: str = "", **others: str) -> list[str]:
    """Options that name the images of containers, so that nobody tries to pull them; none for a plain process."""
    if cases.backend.engine is None:
        return []
    images = {"main": image, **{name.replace("_", "-"): suffix for name, suffix in others.items()}}
    return [part for name, suffix in images.items() for part in ("--image", f"{name}={cases.project.image}{suffix}")]
