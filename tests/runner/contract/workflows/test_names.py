"""Names of executions."""

import re

import pytest

from batchwright_runner.contract.workflows.names import child_name, execution_name, run_of_step

PARENT = "arn:aws:states:ap-northeast-1:111111111111:execution:batches-production-nightly:2026-11-25"


@pytest.mark.parametrize(
    ("run", "name"),
    [
        ("nightly_2026-11-25", "nightly_2026-11-25"),
        ("a" * 80, "a" * 80),
        ("a" * 81, f"{'a' * 47}-8c48280d57fb88f161adf34d9f597d93"),
        ("github/acme/shop/12", "github-acme-shop-12-2c8fbee90c6454b7b006460219a05a06"),
        ("夜", "--a519542a5fb4163581e0630644fb105b"),
    ],
)
def test_an_execution_is_called_like_the_run_where_it_can_be(run: str, name: str) -> None:
    assert execution_name(run) == name
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name)


@pytest.mark.parametrize(
    ("first", "second"),
    [("a/b", "a-b"), ("a" * 81, "a" * 82), ("a/" * 40, "a-" * 40), ("b" * 60 + "/1", "b" * 60 + "/2")],
)
def test_two_runs_have_two_names(first: str, second: str) -> None:
    assert execution_name(first) != execution_name(second)


def test_a_child_is_called_like_its_step_and_its_parent() -> None:
    name = child_name("orders-load", PARENT)

    assert name == "orders-load-0ac7ff4403bf6c0a0edb1e8e4e202a6d"
    assert child_name("orders-load", f"{PARENT}x") != name
    assert child_name("orders-check", PARENT) != name
    assert len(child_name("a" * 40, PARENT)) <= 80


@pytest.mark.parametrize(
    ("stage", "name", "parent", "of"),
    [
        ("production", child_name("orders-load", PARENT), PARENT, ("nightly", "2026-11-25")),
        ("staging", child_name("orders-load", PARENT), PARENT, None),
        ("production", child_name("orders-load", f"{PARENT}x"), PARENT, None),
        ("production", "by-hand", PARENT, None),
        ("production", child_name("orders-load", ""), "", None),
    ],
)
def test_a_step_knows_its_run_and_nothing_else_is_a_step(
    stage: str, name: str, parent: str, of: tuple[str, str] | None
) -> None:
    assert run_of_step("batches", stage, name, parent) == of
