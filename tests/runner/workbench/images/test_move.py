"""Two releases at the same instant, in every order of their calls: the record agrees with the tag."""

import threading
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.images.registry import Image
from batchwright_runner.host.releases.move import move
from batchwright_runner.host.releases.record import ReleaseRecord

LONGEST = 30.0


class Turns:
    """Lets two threads make their calls in a given order; when one has ended, the other goes on alone."""

    def __init__(self, order: Sequence[int]) -> None:
        self._order = list(order)
        self._done: set[int] = set()
        self._changed = threading.Condition()

    def take(self, who: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._next(who) == who, LONGEST)
            if self._order and self._order[0] == who:
                self._order.pop(0)
            self._changed.notify_all()

    def end(self, who: int) -> None:
        with self._changed:
            self._done.add(who)
            self._changed.notify_all()

    def _next(self, who: int) -> int:
        while self._order and self._order[0] in self._done:
            self._order.pop(0)
        return self._order[0] if self._order else who


class World:
    """Tags and records, as one of the two callers sees them."""

    def __init__(self, turns: Turns, who: int, tags: dict[str, Image], kept: list[ReleaseRecord]) -> None:
        self.turns, self.who, self.tags, self.kept = turns, who, tags, kept

    def get(self, image: str, reference: str) -> Image | None:  # noqa: ARG002 - the Protocol's
        self.turns.take(self.who)
        return self.tags.get(reference)

    def history(self) -> list[ReleaseRecord]:
        self.turns.take(self.who)
        return list(self.kept)


class Tags(World):
    def put(self, image: Image, tag: str) -> None:
        self.turns.take(self.who)
        self.tags[tag] = image


class Records(World):
    def put(self, record: ReleaseRecord) -> None:
        self.turns.take(self.who)
        self.kept.append(record)


def image(digest: str) -> Image:
    return Image("reports", digest, "{}", "")


def record(digest: str) -> ReleaseRecord:
    return ReleaseRecord(image="reports", digest=digest, tag=f"sha-{digest}", by="me", at="now")


def release(
    digest: str, world: tuple[Turns, int, dict[str, Image], list[ReleaseRecord]], results: dict[str, bool]
) -> None:
    try:
        move(Tags(*world), Records(*world), image(digest), "staging", record(digest))
        results[digest] = True
    except RunnerError:
        results[digest] = False
    finally:
        world[0].end(world[1])


def two_releases(order: list[int]) -> tuple[dict[str, Image], list[ReleaseRecord], dict[str, bool]]:
    """The tags, the records, and who was told that it holds, after two releases whose calls took turns."""
    turns = Turns(order)
    tags, kept = {"stage-staging": image("old")}, [record("old")]
    results: dict[str, bool] = {}
    threads = [
        threading.Thread(target=release, args=(digest, (turns, who, tags, kept), results))
        for who, digest in enumerate(("one", "two"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST)
    return tags, kept, results


@given(st.lists(st.integers(0, 1), max_size=24))
def test_two_releases_at_once_leave_a_record_that_agrees_with_the_tag(order: list[int]) -> None:
    tags, kept, results = two_releases(order)

    runs = tags["stage-staging"].digest
    assert kept[-1].digest == runs
    assert results[runs], "whoever's image runs is told so"


def test_the_one_that_came_first_is_told_that_it_does_not_hold() -> None:
    # one: get, put previous, put; then two whole; then one's record.
    _, kept, results = two_releases([0, 0, 0, *[1] * 12])

    assert results == {"one": False, "two": True}
    assert [record.digest for record in kept] == ["old", "two", "one", "two"]
