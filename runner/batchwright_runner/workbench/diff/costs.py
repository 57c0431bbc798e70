"""What is said of what a batch costs. Pure."""

from batchwright_runner.contract.task_size import SPOT, Size
from batchwright_runner.host.cost.cost import NOT_IN_IT, Cost, of_hour, shown
from batchwright_runner.workbench.diff.batch import BatchPair, BatchSide
from batchwright_runner.workbench.diff.change import Kind, When
from batchwright_runner.workbench.diff.said import ChangeList


def cost_changes(pair: BatchPair, said: ChangeList) -> None:
    """Says what an hour of running costs, where another size or another place has another price."""
    before, after = cost_of(pair.before), cost_of(pair.after)
    sizes = [(_size(side), side.manifest.region) for side in (pair.before, pair.after)]
    if sizes[0] == sizes[1]:
        return
    if before.dollars is None or after.dollars is None:
        text = f"an hour of running: {_of(before)} → {_of(after)}"
    elif before.dollars == after.dollars:
        return
    else:
        share = round(100 * (after.dollars / before.dollars - 1))
        text = f"an hour of running: {_of(before)} → {_of(after)} ({share:+d} %; {_table(after)})"
    said.say(Kind.COST, text, When.RUN)


def first_cost(side: BatchSide, said: ChangeList) -> None:
    """Says what an hour of running costs of a batch that is new."""
    cost = cost_of(side)
    table = f" ({_table(cost)})" if cost.dollars is not None else ""
    said.say(Kind.COST, f"an hour of running: {_of(cost)}{table}", When.DEPLOY)


def cost_of(side: BatchSide) -> Cost:
    """What an hour of a batch's running costs."""
    return of_hour(_size(side), side.manifest.region)


def _size(side: BatchSide) -> Size | None:
    spot = any(provider.provider == SPOT and provider.weight for provider in side.manifest.capacity)
    return Size.of(side.task, architecture=side.manifest.architecture, spot=spot)


def _of(cost: Cost) -> str:
    return f"about {shown(cost.dollars)}" if cost.dollars is not None else f"not known, {cost.why}"


def _table(cost: Cost) -> str:
    return f"Fargate's list price of {cost.date}; {NOT_IN_IT}"
