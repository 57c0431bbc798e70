"""`Fargate`: what few batches say of how AWS runs and keeps them."""

import re
from typing import Any

import pytest

from batchwright import DeclarationError, Fargate, Start


@pytest.mark.parametrize(
    ("capacity", "shares"),
    [("on-demand", []), ("spot", [{"provider": "FARGATE_SPOT", "weight": 1, "base": 0}])],
)
def test_capacity(capacity: Any, shares: list[object]) -> None:  # noqa: ANN401 - one of two words
    made = Fargate(capacity=capacity, ephemeral_storage=200)

    made.check("batch x")
    assert made.manifest_fields()["capacity"] == shares


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"capacity": "FARGATE_SPOT"}, "capacity: 'FARGATE_SPOT' was given; allowed: on-demand, spot"),
        ({"architecture": "arm64"}, "architecture: 'arm64' was given; allowed: X86_64, ARM64"),
        ({"platform_version": "1.3.0"}, "platform_version: '1.3.0' was given; allowed: LATEST, 1.4.0"),
        *(
            ({"ephemeral_storage": gib}, f"ephemeral_storage: {gib!r} was given; allowed: 21 to 200 GiB")
            for gib in (20, 201, True, "50")
        ),
        ({"log_retention_days": 31}, "log_retention_days: 31 was given; allowed: 1, 3, 5, 7, 14, 30"),
        ({"startable": "command"}, "startable: 'command' was given; allowed: Start(command=True), or nothing"),
        ({"startable": Start(command=1)}, "startable: Start(command=1) was given; allowed: Start(command=True)"),  # type: ignore[arg-type]
        ({"tags": {"aws:x": "1"}}, "tags: {'aws:x': '1'} was given; allowed: keys of 1 to 128 characters"),
        ({"tags": {"Batchwright:x": "1"}}, "tags: {'Batchwright:x': '1'} was given"),
        ({"tags": {"a": "aws:x"}}, "tags: {'a': 'aws:x'} was given; allowed: keys of 1 to 128 characters"),
        ({"tags": {"a\n": "x"}}, "tags: {'a\\n': 'x'} was given"),
        ({"tags": {"a": "x;y"}}, "tags: {'a': 'x;y'} was given"),
        ({"tags": {"a" * 129: "x"}}, "tags: {'aaa"),
        ({"tags": {"": "1"}}, "tags: {'': '1'} was given"),
        ({"tags": {"x": "1" * 257}}, "tags: {'x': '111"),
        ({"tags": {f"t{n}": "x" for n in range(41)}}, "tags: 41 were given; allowed: 40"),
    ],
)
def test_what_fargate_does_not_offer(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^batch x: {re.escape(message)}"):
        Fargate(**changes).check("batch x")
