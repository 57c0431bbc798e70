import pytest

from batchwright_runner.workbench.local.containers.health import Health, PlannedHealthCheck, after, read_check

CHECK = PlannedHealthCheck(command=("true",), retries=2, start_period=10)


def health(*results: tuple[float, bool], check: PlannedHealthCheck = CHECK) -> Health:
    found = Health()
    for age, passed in results:
        found = after(check, found, passed=passed, age=age)
    return found


def test_one_success_is_healthy() -> None:
    assert health((1, True)).status == "HEALTHY"


def test_failures_in_a_row_are_unhealthy_only_when_all_retries_are_used() -> None:
    assert health((11, False)).status == "UNKNOWN"
    assert health((11, False), (12, False)).status == "UNHEALTHY"


def test_a_success_between_begins_the_count_anew() -> None:
    assert health((11, False), (12, True), (13, False)).status == "HEALTHY"
    assert health((11, False), (12, True), (13, False), (14, False)).status == "UNHEALTHY"


def test_an_unhealthy_container_can_become_healthy_again() -> None:
    assert health((11, False), (12, False), (13, True)).status == "HEALTHY"


def test_failures_in_the_start_period_do_not_count() -> None:
    assert health((1, False), (5, False), (9.9, False)) == Health()


def test_a_success_ends_the_start_period() -> None:
    assert health((1, True), (2, False), (3, False)).status == "UNHEALTHY"


@pytest.mark.parametrize(
    ("command", "runs"),
    [
        (["CMD-SHELL", "a && b"], ("/bin/sh", "-c", "a && b")),
        (["CMD", "/check", "it"], ("/check", "it")),
        (["/check", "it"], ("/check", "it")),
    ],
)
def test_the_forms_of_a_command(command: list[str], runs: tuple[str, ...]) -> None:
    check = read_check({"healthCheck": {"command": command, "interval": 7}})

    assert check is not None
    assert check == PlannedHealthCheck(command=runs, interval=7, timeout=5, retries=3, start_period=0)


@pytest.mark.parametrize("definition", [{}, {"healthCheck": None}, {"healthCheck": {"command": ["NONE"]}}])
def test_no_check(definition: dict[str, object]) -> None:
    assert read_check(definition) is None
