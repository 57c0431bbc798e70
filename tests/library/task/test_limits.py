"""What ECS allows of a task, checked at synthesis."""

import re
from typing import Any

import pytest

from batchwright import DeclarationError, Existing, Fargate, Sidecar
from tests.kit.rows import each_row
from tests.library.support import app, batch, platform, stack, written


def sidecars(count: int) -> list[Sidecar]:
    return [Sidecar(name=f"side-{n}", image="example.com/side:1") for n in range(count)]


def groups(count: int) -> list[str]:
    return [f"sg-{n:017}" for n in range(count)]


@pytest.mark.parametrize(
    "given",
    [
        {"sidecars": sidecars(9)},
        {"sidecars": sidecars(8), "files": {"/app/config/a.ini": "x"}},
        {"existing": Existing(security_groups=groups(5))},
        {"fargate": Fargate(tags={f"t{n}": "x" for n in range(40)})},
        {"fargate": Fargate(tags={"部署 1_.:/=+-@": "会計 @"})},
        {"environment": {f"A{n}": "x" * 1000 for n in range(55)}},
    ],
)
def test_what_ecs_takes_is_taken(given: dict[str, Any]) -> None:
    theirs = stack(app())

    batch(theirs, platform(theirs), **given)


@each_row("given message", __file__, "limits")
def test_what_ecs_refuses_is_refused_with_the_numbers(given: str, message: str) -> None:
    theirs = stack(app())

    with pytest.raises(DeclarationError, match=f"^batch report: {message}"):
        batch(theirs, platform(theirs), **written(given, sidecars=sidecars, groups=groups))


@pytest.mark.parametrize(
    ("argument", "most", "id"), [("subnets", 16, "subnet-{:017}"), ("security_groups", 5, "sg-{:017}")]
)
def test_the_network_of_a_stage_has_limits_too(argument: str, most: int, id: str) -> None:
    platform(stack(app()), **{argument: [id.format(n) for n in range(most)]})

    plural = argument.replace("_", " ")
    message = f"platform staging: {argument}: {most + 1} {plural} were given; allowed: {most}, as ECS takes"
    with pytest.raises(DeclarationError, match=f"^{re.escape(message)}"):
        platform(stack(app()), **{argument: [id.format(n) for n in range(most + 1)]})
