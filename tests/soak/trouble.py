"""What goes wrong, for both testers: how tasks end, and for each operation a list of faults to choose from. Pure."""

from collections.abc import Callable
from random import Random

from tests.fake_aws import faults as make
from tests.fake_aws.faults import Fault
from tests.fake_aws.script import Interruption, StartFailure
from tests.soak.catalog import INTERRUPTIONS, START_FAILURES

Maker = Callable[[Random], Fault]

ANY: tuple[Maker, ...] = (
    lambda chance: make.throttled(chance.randint(1, 4), skip=chance.randint(0, 3)),
    lambda chance: make.server_error(
        chance.randint(1, 3), status=chance.choice([500, 502, 503]), skip=chance.randint(0, 3)
    ),
    lambda chance: make.cut(1, keep=chance.choice([0, 40, 400]), skip=chance.randint(0, 3)),
    lambda chance: make.reset(chance.randint(1, 2), keep=chance.choice([0, 40]), skip=chance.randint(0, 3)),
    lambda chance: make.lost_answer(1, skip=chance.randint(0, 2)),
    lambda chance: make.expired_token(1, skip=chance.randint(0, 3)),
    lambda chance: make.slow(chance.uniform(0.5, 2.5), chance.randint(1, 2), skip=chance.randint(0, 3)),
    lambda chance: make.lasting(chance.uniform(2, 8), make.server_error(skip=chance.randint(0, 3))),
)
"""What may happen to every operation."""
HANGS: Maker = lambda chance: make.slow(17.0, 1, skip=chance.randint(0, 4))  # noqa: E731 - one of a list of makers

OWN: dict[str, tuple[Maker, ...]] = {
    "RunTask": (
        lambda chance: make.throttled_in_disguise(chance.randint(1, 2)),
        lambda chance: make.throttled_by_ec2(chance.randint(1, 2)),
        lambda chance: make.no_capacity(chance.randint(1, 2)),
        lambda chance: make.run_failure("AGENT", times=chance.randint(1, 2)),
        lambda chance: make.inactive_definition(1, skip=chance.randint(0, 1)),
    ),
    "DescribeTasks": (
        lambda chance: make.access_denied(lasts=chance.uniform(2, 12), skip=chance.randint(1, 4)),
        lambda chance: make.missing(chance.randint(1, 2), skip=chance.randint(0, 5)),
    ),
    "GetLogEvents": (
        lambda chance: make.access_denied(lasts=chance.uniform(2, 12), skip=chance.randint(0, 3)),
        lambda chance: make.empty_page(chance.randint(1, 4), skip=chance.randint(0, 2)),
        lambda chance: make.lasting(chance.uniform(2, 8), make.throttled(skip=chance.randint(0, 1))),
    ),
    "CreateSchedule": (lambda chance: make.access_denied(skip=chance.randint(0, 1)),),
}
"""What only happens to some."""

OPERATIONS = (
    "GetParameter",
    "RunTask",
    "DescribeTasks",
    "GetLogEvents",
    "StopTask",
    "ListTasks",
    "FilterLogEvents",
    "GetParametersByPath",
    "CreateSchedule",
    "DeleteSchedule",
)
REFUSED = ("GetParameter", "RunTask", "ListTasks", "StopTask", "FilterLogEvents")
"""Operations whose refusal decides a run."""


def faults(chance: Random, shape: str) -> dict[str, list[Fault]]:
    """What goes wrong in a run."""
    faults: dict[str, list[Fault]] = {}
    for operation in OPERATIONS:
        if chance.random() < 0.4:
            makers = ANY + OWN.get(operation, ())
            faults[operation] = [chance.choice(makers)(chance) for _ in range(chance.randint(1, 2))]
    if chance.random() < 0.06:
        faults[chance.choice(OPERATIONS)] = [HANGS(chance)]
    if chance.random() < 0.06:
        faults[chance.choice(REFUSED)] = [_refusal(chance)]
    if shape in ("attached", "forbidden"):
        # To those who look once, a task that ECS does not know for a moment is not there.
        seen = [fault for fault in faults.get("DescribeTasks", []) if fault.kind != "missing"]
        faults["DescribeTasks"] = seen
    return {operation: queue for operation, queue in faults.items() if queue}


def quotas(chance: Random) -> dict[str, tuple[float, float]]:
    """Quotas that are narrow."""
    return {name: (chance.uniform(1.0, 3.0), 3) for name in ("GetLogEvents", "DescribeTasks") if chance.random() < 0.06}


def while_it_lasts(chance: Random) -> Fault:
    """What is wrong with all calls of a service for a time."""
    return chance.choice(
        [
            make.server_error(None, status=500),
            make.server_error(None, status=503),
            make.throttled(None),
            make.reset(None),
            make.cut(None, keep=chance.choice([0, 40])),
            make.lost_answer(None),
            make.slow(chance.uniform(1, 3), None),
        ]
    )


def interruption(chance: Random, first: float, last: float) -> Interruption:
    """AWS ends a task, so many seconds after its container's start."""
    code, reason = chance.choice(INTERRUPTIONS)
    return Interruption(after=chance.uniform(first, last), stop_code=code, reason=reason)


def start_failure(chance: Random, *, passing: bool) -> StartFailure:
    """A start fails for a reason that passes, or for one that does not."""
    reason = chance.choice([text for text, passes in START_FAILURES.items() if passes is passing])
    return StartFailure(reason=reason, phase=chance.choice(["provisioning", "pending", "pull"]))


def _refusal(chance: Random) -> Fault:
    return chance.choice(
        [
            make.access_denied(),
            make.access_denied(lasts=chance.uniform(2, 10)),
            make.html_page("<html><head><title>Proxy: blocked</title></head></html>"),
        ]
    )
