import pytest

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.local.request import leave_out
from batchwright_runner.workbench.project.batches import main_container
from tests.kit.projects import batch_of, declared

WAITS = {"dependsOn": [{"containerName": name, "condition": "START"} for name in ("agent", "store")]}


def batch() -> BatchFile:
    sidecars: list[dict[str, object]] = [{"name": "agent", **WAITS}, {"name": "store"}]
    return batch_of(declared("hello", container=WAITS, sidecars=sidecars))


def test_a_container_that_is_left_out_is_waited_for_by_no_one() -> None:
    reduced = leave_out(batch(), ["agent"])

    assert [container["name"] for container in reduced.containers] == ["main", "store"]
    assert main_container(reduced)["dependsOn"] == [{"containerName": "store", "condition": "START"}]


def test_several_can_be_left_out() -> None:
    assert [container["name"] for container in leave_out(batch(), ["agent", "store"]).containers] == ["main"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("main", "--without main is refused: main is the batch itself"),
        ("agnet", "hello has no container agnet beside the main one. Did you mean agent?"),
    ],
)
def test_the_main_container_and_one_that_is_not_there_are_refused(name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        leave_out(batch(), [name])

    assert message in str(caught.value)
