from itertools import islice

import pytest

from batchwright_runner.contract.pages import pages


class Paged:
    """An operation with three pages, the second of which is empty."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.asked: list[dict[str, str]] = []

    def __call__(self, **more: str) -> dict[str, object]:
        self.asked.append(more)
        answers: dict[str, dict[str, object]] = {
            "": {"items": ["a", "b"], self.token: "1"},
            "1": {self.token: "2"},
            "2": {"items": ["c"], self.token: ""},
        }
        return answers[more.get(self.token, "")]


@pytest.mark.parametrize("token", ["nextToken", "NextToken"])
def test_the_items_of_all_pages_come_in_order(token: str) -> None:
    call = Paged(token)

    assert list(pages(call, "items", next_key=token)) == ["a", "b", "c"]
    assert call.asked == [{}, {token: "1"}, {token: "2"}]


def test_a_page_is_asked_for_only_when_it_is_needed() -> None:
    call = Paged("nextToken")

    assert (list(islice(pages(call, "items"), 2)), len(call.asked)) == (["a", "b"], 1)
