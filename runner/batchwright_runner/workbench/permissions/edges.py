"""The edges of a batch: what it reads and writes, as it declares and as its task role may. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from batchwright_runner.contract.access import Access, Grant
from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.edges import Direction, Edge
from batchwright_runner.workbench.permissions.actions import pattern
from batchwright_runner.workbench.permissions.data_actions import directions
from batchwright_runner.workbench.permissions.resources import resource_of
from batchwright_runner.workbench.permissions.statements import Permission, permissions_of


def edges_of(batch: BatchFile) -> list[Edge]:
    """What a batch reads and writes: what is declared, and what its task role's grants tell by themselves.

    What both say is one edge. A grant says what the batch may do, not what it does.

    Returns:
        What it reads, then what it writes, each in the order of names.
    """
    return merged(chain(declared_edges(batch.reads, batch.writes), granted_edges(batch.access)))


def declared_edges(reads: Sequence[str], writes: Sequence[str]) -> list[Edge]:
    """The edges that a declaration names."""
    return [
        *(Edge(direction="reads", resource=read, declared=True) for read in reads),
        *(Edge(direction="writes", resource=write, declared=True) for write in writes),
    ]


def granted_edges(access: Access) -> list[Edge]:
    """The edges that the task role's grants tell by themselves.

    A statement that allows every action, or all but some actions or resources, tells none, nor does a managed policy.
    What a statement without a condition denies is taken away.
    """
    return merged(_granted(access.task.grants))


def merged(edges: Iterable[Edge]) -> list[Edge]:
    """The same edges, each once, in order."""
    found: dict[tuple[Direction, str], Edge] = {}
    for edge in edges:
        key = (edge.direction, edge.resource)
        known = found.get(key, edge)
        found[key] = Edge(
            direction=edge.direction,
            resource=edge.resource,
            declared=known.declared or edge.declared,
            granted=known.granted or edge.granted,
            at=tuple(dict.fromkeys([*known.at, *edge.at])),
        )
    return [found[key] for key in sorted(found)]


def _granted(grants: Sequence[Grant]) -> Iterator[Edge]:
    permissions = permissions_of(grants)
    denied = [
        permission
        for permission in permissions
        if not permission.allowed and not permission.but and not permission.conditions
    ]
    for permission in permissions:
        if not permission.allowed or permission.but or not permission.service:
            continue
        for action in permission.actions:
            for resource in permission.resources:
                if resource.startswith("all but ") or any(_denies(deny, action, resource) for deny in denied):
                    continue
                for direction in directions(action):
                    yield Edge(
                        direction=direction,
                        resource=resource_of(permission.service, resource),
                        granted=True,
                        at=(permission.at,) if permission.at else (),
                    )


def _denies(deny: Permission, action: str, resource: str) -> bool:
    return deny.covers(action) and any(pattern(one).fullmatch(resource) for one in deny.resources)
