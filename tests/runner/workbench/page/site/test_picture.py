"""The picture of a catalog: what hangs together, placed without touching, and the same as Mermaid's text."""

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.workbench.page.site.graph import Key, Kind, graphs_of
from batchwright_runner.workbench.page.site.layout import Size, lay_out
from batchwright_runner.workbench.page.site.mermaid import mermaid, too_large
from batchwright_runner.workbench.page.site.picture import Box, picture_of
from batchwright_runner.workbench.project.batches import DeclaredBatch
from tests.browser.sample import large
from tests.runner.workbench.page.site.support import HOSTILE, batch, catalog, grant


def uses(name: str, *, image: str = "", reads: str = "", writes: str = "") -> DeclaredBatch:
    """A batch with an image, that reads and writes buckets."""
    grants = [grant("s3:GetObject", on=[f"arn:aws:s3:::{one}/*"]) for one in reads.split()]
    grants += [grant("s3:PutObject", on=[f"arn:aws:s3:::{one}/*"]) for one in writes.split()]
    return batch(name, image={"name": image or name}, grants=grants)


def members(kind: Kind, *names: str) -> tuple[Key, ...]:
    return tuple(Key(kind, name) for name in names)


def test_batches_that_share_nothing_are_not_drawn() -> None:
    graphs, alone = graphs_of(catalog(uses("one"), uses("two"), uses("three", reads="sales")))

    assert alone == ["one", "two"]
    assert [[node.members for node in graph.nodes] for graph in graphs] == [
        [members("resource", "s3:sales"), members("batch", "three")]
    ]


def test_batches_with_the_same_neighbors_are_one_box() -> None:
    rake = [uses(f"rake-{number}", image="shop") for number in range(40)]

    (graph,), alone = graphs_of(catalog(*rake, uses("rake-x", image="shop", writes="out")))

    assert alone == []
    assert sorted(len(node.members) for node in graph.nodes) == [1, 1, 1, 40]
    assert [edge.relation for edge in graph.edges] == ["runs", "runs", "writes"]


def test_what_hangs_together_over_others_is_one_graph() -> None:
    found = catalog(uses("aa", writes="x"), uses("bb", reads="y"), uses("cc", reads="z"), uses("dd", reads="x y"))

    graphs, _ = graphs_of(found)

    names = [{key.name for node in graph.nodes for key in node.members} for graph in graphs]
    assert names == [{"s3:x", "s3:y", "aa", "bb", "dd"}, {"s3:z", "cc"}]


def test_data_goes_from_left_to_right() -> None:
    picture = picture_of(catalog(uses("aa", writes="x"), uses("bb", reads="x", writes="y"), uses("cc", reads="y")))

    left = {label.key.name: box.x for box in picture.boxes for label in box.labels}
    assert sorted(left, key=left.__getitem__) == ["aa", "s3:x", "bb", "s3:y", "cc"]
    assert [one.says for one in picture.arrows] == ["aa writes x", "bb reads x", "bb writes y", "cc reads y"]


def test_a_batch_that_reads_and_writes_the_same_has_one_arrow_with_two_heads() -> None:
    picture = picture_of(catalog(uses("aa", reads="x", writes="x")))

    assert [(one.relation, one.says) for one in picture.arrows] == [("both", "aa reads and writes x")]


def test_a_circle_is_drawn_too() -> None:
    picture = picture_of(catalog(uses("aa", reads="y", writes="x"), uses("bb", reads="x", writes="y")))

    assert len(picture.boxes) == 4
    assert len(picture.arrows) == 4


def touch(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def test_at_200_batches_no_box_touches_another_and_all_are_inside() -> None:
    made = large(200)
    picture = picture_of(made)

    assert not [pair for pair in combinations(picture.boxes, 2) if touch(*pair)]
    assert all(box.x >= 0 and box.y >= 0 for box in picture.boxes)
    assert all(box.x + box.width <= picture.width and box.y + box.height <= picture.height for box in picture.boxes)
    drawn = [label.key.name for box in picture.boxes for label in box.labels if label.key.kind == "batch"]
    assert sorted([*drawn, *picture.alone]) == [one.name for one in made.batches]
    assert picture.width < 1300


def test_graphs_beside_one_another_are_no_wider_than_a_wide_page() -> None:
    pictures = [
        picture_of(catalog(*(uses(f"{one}{'x' * length}", reads=f"{one}{'y' * length}") for one in "abcd")))
        for length in range(1, 31)
    ]

    assert max(one.width for one in pictures) <= 1164  # 76rem without the margins of the page and of the picture


def test_a_long_name_is_cut_and_a_wide_one_fits() -> None:
    (box, *_), wide = (picture_of(catalog(uses("aa", reads=name))).boxes for name in ("x" * 63, "売上" * 8))

    assert box.labels[0].text == f"{'x' * 35}…"
    assert wide[0].width > 32 * 7


@given(
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda pair: pair[0] != pair[1]), max_size=30),
    st.lists(st.tuples(st.integers(10, 200), st.integers(10, 200)), min_size=12, max_size=12),
)
def test_boxes_never_touch(edges: list[tuple[int, int]], sizes: list[tuple[int, int]]) -> None:
    layout = lay_out([Size(*one) for one in sizes], edges, Size(50, 20))

    placed = [
        Box(kind="batch", x=place.x, y=place.y, width=size[0] + 19, height=size[1] + 19, labels=())
        for place, size in zip(layout.places, sizes, strict=True)
    ]
    assert not [pair for pair in combinations(placed, 2) if touch(*pair)]
    assert all(
        one.y >= -0.01 and one.y + size[1] <= layout.size.height + 0.01
        for one, size in zip(layout.places, sizes, strict=True)
    )


def test_an_arrow_goes_straight_past_the_boxes_of_a_layer() -> None:
    sizes = [Size(20, 20), Size(200, 20), Size(40, 20), Size(20, 20)]

    layout = lay_out(sizes, [(0, 1), (1, 2), (0, 2), (2, 3), (0, 3)], Size(50, 20))

    for bends, crossed in ((layout.bends[2], 1), (layout.bends[4], 2)):
        levels = {round(one.x, 1): [two.y for two in bends if two.x == one.x] for one in bends}
        assert len(bends) == 2 + 2 * crossed
        assert all(len(found) == 1 for found in levels.values())
        inner = bends[1:-1]
        assert [one.y for one in inner[::2]] == [one.y for one in inner[1::2]]
    left, right = layout.places[1].x, layout.places[1].x + 200
    assert [one.x for one in layout.bends[2]] == [20.0, left, right, layout.bends[2][-1].x]


def test_a_layout_is_the_same_each_time() -> None:
    assert picture_of(large(60)) == picture_of(large(60))


def test_mermaid_has_each_batch_once_and_the_arrows() -> None:
    text = mermaid(catalog(uses("aa", writes="x", image="i"), uses("bb", reads="x", image="i"), uses("cc")))

    assert text.splitlines()[0] == "flowchart LR"
    assert re.findall(r'"([^"]+)"', text) == ["i", "x", "aa", "bb", "cc"]
    assert [line.split()[1] for line in text.splitlines() if " -" in line] == ["-.-", "-->", "-.-", "-->"]


def test_what_a_name_holds_is_no_syntax_of_mermaid() -> None:
    (line,) = [
        one
        for one in mermaid(catalog(uses("aa", reads=HOSTILE.replace("/", "").replace(" ", "")))).splitlines()
        if "[(" in one
    ]

    assert re.fullmatch(r'  n0\[\("[\w .:;#-]+"\)\]', line)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", ""), ("  n0 --> n1\n" * 501, "it has 501 arrows"), ("x" * 50_001, "it has 50001 characters")],
)
def test_what_mermaid_would_not_draw_is_said(text: str, said: str) -> None:
    assert too_large(text).startswith(said)
    assert bool(too_large(text)) == bool(said)
