import pytest

from batchwright_runner.workbench.local.containers.health import Health, PlannedHealthCheck, after, read_check

CHECK = PlannedHealthCheck(command=("true",), retries=2, start_period=10)


def health(*results: tuple[float, bool], check: PlannedHealthCheck = CHECK) -> Health:
    found = Health()
    for age, passed in results:
        found = after(check, found, passed=passed, age=age)
    return found


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ([(1, True)], "HEALTHY"),
        ([(11, False)], "UNKNOWN"),
        ([(11, False), (12, False)], "UNHEALTHY"),  # all retries are used
        ([(11, False), (12, True), (13, False)], "HEALTHY"),  # a success between begins the count anew
        ([(11, False), (12, True), (13, False), (14, False)], "UNHEALTHY"),
        ([(11, False), (12, False), (13, True)], "HEALTHY"),
        ([(1, True), (2, False), (3, False)], "UNHEALTHY"),  # a success ends the start period
    ],
)
def test_what_checks_come_to(results: list[tuple[float, bool]], status: str) -> None:
    assert health(*results).status == status


def test_failures_in_the_start_period_do_not_count() -> None:
    assert health((1, False), (5, False), (9.9, False)) == Health()


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
