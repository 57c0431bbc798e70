"""The picture of a catalog: what hangs together, as tables of the site."""

import re

from batchwright_runner.workbench.page.batch import Batch
from batchwright_runner.workbench.page.catalog import graphs_of, near_of
from tests.runner.workbench.page.site.support import batch, catalog, grant, pages


def uses(name: str, *, image: str = "", reads: str = "", writes: str = "") -> Batch:
    """A batch with an image, that reads and writes buckets."""
    grants = [grant("s3:GetObject", on=[f"arn:aws:s3:::{bucket}/*"]) for bucket in reads.split()]
    grants += [grant("s3:PutObject", on=[f"arn:aws:s3:::{bucket}/*"]) for bucket in writes.split()]
    return batch(name, image={"name": image or name}, grants=grants)


def graphs(*batches: Batch) -> tuple[list[tuple[list[str], list[tuple[str, ...]]]], list[str]]:
    """What hangs together, as the names of its things and of its batches; and the batches that share nothing."""
    joined, alone = graphs_of(near_of(catalog(*batches)))
    return [([thing.name for thing in graph.things], [names for _, names in graph.blocks]) for graph in joined], alone


def test_batches_that_share_nothing_are_not_in_a_graph() -> None:
    assert graphs(uses("one"), uses("two"), uses("three", reads="sales")) == (
        [(["s3:sales"], [("three",)])],
        ["one", "two"],
    )


def test_batches_with_the_same_neighbors_are_one_block() -> None:
    rake = [f"rake-{number:02}" for number in range(40)]

    joined, alone = graphs(*(uses(name, image="shop") for name in rake), uses("rake-x", image="shop", writes="out"))

    assert joined == [(["shop", "s3:out"], [tuple(rake), ("rake-x",)])]
    assert alone == []


def test_what_hangs_together_over_others_is_one_graph() -> None:
    joined, _ = graphs(uses("aa", writes="x"), uses("bb", reads="y"), uses("cc", reads="z"), uses("dd", reads="x y"))

    assert [(things, sorted(names)) for things, names in joined] == [
        (["s3:x", "s3:y"], [("aa",), ("bb",), ("dd",)]),
        (["s3:z"], [("cc",)]),
    ]


def test_the_picture_shows_who_writes_and_who_reads_each_resource_and_who_runs_an_image() -> None:
    files = pages(
        uses("aa", writes="x", image="shop"), uses("bb", reads="x", writes="x", image="shop"), uses("cc", reads="y")
    )

    rows = re.findall(r'<tr role="row" class="(\w+)">(.*?)</tr>', files["picture.html"], re.DOTALL)
    shown = [
        (kind, [re.findall(r">([\w-]+)</a>", cell) for cell in re.split("</t[dh]>", row)[:3]]) for kind, row in rows
    ]
    assert shown == [
        ("image", [[], ["shop"], ["aa", "bb"]]),
        ("resource", [["aa", "bb"], ["x"], ["bb"]]),
        ("resource", [[], ["y"], ["cc"]]),
    ]
    assert files["picture.html"].count("<table") == 2


def test_a_batchs_page_has_the_part_of_the_picture_that_is_around_it() -> None:
    files = pages(uses("aa", writes="x"), uses("bb", reads="x", writes="y"), uses("cc", reads="y"), uses("dd"))

    assert re.findall(r'class="box \w+" [^>]*>(\w+)</a>', files["batch/aa.html"]) == ["aa", "x", "bb"]
    assert re.findall(r'aria-current="true">(\w+)</a>', files["batch/cc.html"])[-1:] == ["cc"]
    assert 'class="picture' not in files["batch/dd.html"]
