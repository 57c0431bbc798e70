from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.fake_aws.fixtures import aws as aws
from tests.kit.side_by_side import chosen_beside
from tests.stories.story import Scenario, Seen, play

AT_ONCE = 16
"""Stories played at once. Nearly all of a story's time is waiting."""


@pytest.fixture(scope="module")
def stories(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[int, "Future[Seen]"]]:
    """The stories of a module's chosen tests, played at once: one after the other they would take minutes."""
    calls = [getattr(item, "callspec", None) for item in chosen_beside(request.node)]
    params = [call.params.get("seen") for call in calls if call is not None]
    chosen = [param for param in params if isinstance(param, Scenario)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {id(scenario): pool.submit(play, scenario, tmp_path_factory.mktemp("story")) for scenario in chosen}


@pytest.fixture
def seen(request: pytest.FixtureRequest, stories: dict[int, "Future[Seen]"]) -> Seen:
    """What came of the test's story."""
    scenario: Scenario = request.param
    return stories[id(scenario)].result()
