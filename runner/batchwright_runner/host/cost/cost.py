"""What a run costs. Pure.

Fargate bills from the begin of the image pull to the end of the task, by the second, and a minute at least (Fargate's
pricing page, 2026-11).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from batchwright_runner.contract.task_size import Size
from batchwright_runner.host.cost.prices import AS_OF, PAGE, PRICES, SERVICES

SHORTEST = 60
"""Seconds that are billed at least."""
NOT_IN_IT = "logs, NAT, public addresses, the registry, savings plans and taxes are not in it"
SPOT_MOVES = "the price of Fargate Spot moves, and is not in the table"

TRANSITIONS, CALLS = 7, 2
"""Of a run that its machine starts: state transitions, and calls of the function that it asks."""
FUNCTION_GB, FUNCTION_SECONDS = 1769 / 1024, 1.0
"""The function's memory, and what a call of it takes where the function has just been started."""
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars, or why they are not known."""

    # How much; ``None`` where that is not known
    dollars: float | None
    # Why it is not known; empty where it is
    why: str = ""
    # Where the price is from; empty where it is not known
    source: str = ""
    date: str = ""

    @property
    def words(self) -> str:
        """``about $0.021``, or why it is not known."""
        return f"not known: {self.why}" if self.dollars is None else f"about {shown(self.dollars)}"

    def times(self, count: float) -> "Cost":
        """So many of it."""
        return self if self.dollars is None else Cost(self.dollars * count, self.why, self.source, self.date)

    def to_dict(self) -> dict[str, Any]:
        """For ``--json`` and ``--result``: dollars, and why there are none."""
        return {"dollars": None if self.dollars is None else round(self.dollars, 6), "why": self.why, "date": self.date}


def of_hour(size: Size | None, region: str) -> Cost:
    """What a task of that size costs in an hour.

    `size`: the size; ``None`` where it is not known.
    `region`: the region, ``ap-northeast-1``.
    """
    if size is None:
        return Cost(None, "the size of the task is not known")
    if size.spot:
        return Cost(None, SPOT_MOVES)
    price = PRICES.get((region, size.architecture))
    if price is None:
        kind = "Arm in " if size.architecture == "ARM64" else ""
        return Cost(None, f"{kind}{region} is not in the table of {AS_OF}: see {PAGE}")
    if size.paid_storage and price.storage is None:
        return Cost(None, f"the price of storage in {region} is not in the table of {AS_OF}: see {PAGE}")
    dollars = size.vcpus * price.vcpu + size.gigabytes * price.memory + size.paid_storage * (price.storage or 0)
    return Cost(dollars, "", price.source, price.date)


def of_run(size: Size | None, region: str, seconds: float) -> Cost:
    """What a run costs that is billed for so many seconds.

    `size`: the size of its task; ``None`` where that is not known.
    """
    return of_hour(size, region).times(paid(seconds) / _HOUR)


def of_machine() -> Cost:
    """What a run costs beside its task where its machine starts it: transitions, calls, and the schedule's start."""
    call = SERVICES["a call of a function"] + SERVICES["a GB-second of a function"] * FUNCTION_GB * FUNCTION_SECONDS
    return Cost(SERVICES["a transition"] * TRANSITIONS + call * CALLS + SERVICES["a start of a schedule"])


def paid(seconds: float) -> int:
    """The seconds that are paid for a task that ran so long."""
    return max(SHORTEST, math.ceil(seconds))


def total(costs: Sequence[Cost]) -> Cost:
    """What the attempts of a run have cost together; not known where it is not known of one of them.

    `costs`: what each has cost, one at least.
    """
    unknown = next((cost for cost in costs if cost.dollars is None), None)
    return unknown or replace(costs[-1], dollars=sum(cost.dollars or 0.0 for cost in costs))


def billed(times: Mapping[str, float], now: float | None = None) -> float | None:
    """The seconds for which a task is billed; ``None`` where it has not begun to pull, or its end is not known.

    `times`: the moments that ECS reports, in seconds since 1970.
    """
    ends = ("stoppedAt", "executionStoppedAt", "stoppingAt")
    begin = times.get("pullStartedAt", times.get("startedAt"))
    end = next((times[name] for name in ends if name in times), now)
    return None if begin is None or end is None else max(0.0, end - begin)


def shown(dollars: float) -> str:
    """Dollars with two significant digits at least, and cents where there are some: ``$0.0021``, ``$12.40``."""
    if dollars and dollars < 0.0001:
        return "less than $0.0001"
    if dollars >= 1 or not dollars:
        return f"${dollars:,.2f}"
    digits = 1 - math.floor(math.log10(dollars))
    return f"${dollars:.{max(2, digits)}f}"
