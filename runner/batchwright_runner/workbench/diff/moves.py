"""Batches that another stack makes than before. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from batchwright_runner.workbench.diff.batch import BatchSide
from batchwright_runner.workbench.diff.change import Gate, Kind, When
from batchwright_runner.workbench.diff.owners import Home, homes
from batchwright_runner.workbench.diff.read import Assembly, BatchKey
from batchwright_runner.workbench.diff.said import ChangeList


@dataclass(frozen=True, slots=True)
class Move:
    """A batch that another stack makes now.

    Attributes:
        before: Where it was.
        after: Where it is.
        keeps_names: What it makes has the same names in both.
    """

    before: Home
    after: Home
    keeps_names: bool


def moves(before: Assembly, after: Assembly) -> dict[BatchKey, Move]:
    """The batches that another stack makes now."""
    old, new = homes(before), homes(after)
    found = {}
    for key in sorted(old.keys() & new.keys()):
        here, there = old[key], new[key]
        if here.stack != there.stack:
            families = {str(BatchSide.of(assembly.batches[key]).task.get("family")) for assembly in (before, after)}
            same_place = here.stack._replace(name=there.stack.name) == there.stack
            found[key] = Move(here, there, keeps_names=len(families) == 1 and same_place)
    return found


def carried(before: Assembly, after: Assembly, moved: Iterable[Move]) -> Assembly:
    """The base, in which what a batch makes is in the stack that makes it now, if it keeps its names.

    Args:
        before: The base.
        after: What it becomes.
        moved: The batches that another stack makes now.
    """
    stacks = dict(before.stacks)
    for move in moved:
        here, there = move.before.stack, move.after.stack
        old, new = stacks[here], stacks.get(there) or replace(after.stacks[there], resources={})
        going = {id: resource for id, resource in old.resources.items() if move.before.holds(here, resource)}
        if move.keeps_names and not going.keys() & new.resources.keys():
            left = {id: resource for id, resource in old.resources.items() if id not in going}
            stacks |= {
                here: replace(old, resources=left),
                there: replace(new, resources={**new.resources, **going}),
            }
    return replace(before, stacks=stacks)


def moved(move: Move, said: ChangeList) -> None:
    """Says that another stack makes a batch."""
    old, new = move.before.stack.name, move.after.stack.name
    text = f"the stack {new} makes it instead of {old}"
    if move.keeps_names:
        text += f", which has to let go of it first: two stacks cannot both make what has one name. What {old} keeps "
        text += f"when it does so, such as the log group, has to be imported into {new}"
    said.say(Kind.REPLACED, text, When.DEPLOY, gates=[Gate.REPLACED])
