"""A registry beyond what CloudFormation takes is refused, with the number."""

import re
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from batchwright import DeclarationError, ImageRegistry
from batchwright.registry.room import RESOURCES, RegistryRoom
from batchwright.task.limits import TEMPLATE
from tests.library.support import app, app_and_stack, batch, platform, refusal, stack

STAGES = [f"stage{n}" for n in range(24)]


@pytest.mark.parametrize("branch", [None, "github:acme/images@main"])
@pytest.mark.parametrize("stages", [STAGES[:2], STAGES])
def test_what_is_measured_is_the_template_that_is_written(stages: list[str], branch: str | None) -> None:
    home, ours = app_and_stack()
    images = {f"some-image-{n}": branch for n in range(12)}
    registry = ImageRegistry(ours, "Registry", stages=stages, accounts=["222222222222"], images=images)

    size = Path(home.synth().directory, "stack.template.json").stat().st_size

    assert size <= measured(registry) <= size * 1.05


def measured(registry: ImageRegistry) -> int:
    return registry._room._bytes


def test_a_template_that_is_too_large_names_the_image_and_the_number() -> None:
    ours = stack(app())
    registry = ImageRegistry(ours, "Registry", stages=STAGES)
    made = (registry.add_image(f"image-{n}") for n in range(RESOURCES))

    with pytest.raises(DeclarationError) as caught:
        deque(made, maxlen=0)

    number = len(registry.repositories)
    text = rf"the registry's image image-{number}: image: with it, the registry's template has 1,\d\d\d,\d\d\d bytes; "
    assert re.match(text + "allowed: 1,000,000, as CloudFormation takes; let batches share images", str(caught.value))
    assert number > 60


def test_the_batch_that_is_one_too_many_is_named() -> None:
    ours = stack(app())
    registry = ImageRegistry(ours, "Registry")
    on = platform(ours, registry=registry)
    fill(registry._room)

    with refusal(r"^batch report: image: with it, the registry's stack has 501 resources; all"):
        batch(ours, on, pushed_by="github:acme/images@main")


def fill(room: RegistryRoom) -> None:
    for _ in range(RESOURCES):
        take(room, {})


def take(room: RegistryRoom, properties: dict[str, Any]) -> None:
    room.take("registry", "AWS::ECR::Repository", "r", properties)


def test_a_byte_more_than_fits_is_refused() -> None:
    with refusal(f"allowed: {TEMPLATE:,}"):
        take(RegistryRoom(), {"lifecycle_policy": "x" * TEMPLATE})
