import json
from collections.abc import Iterator
from pathlib import Path

import cfnlint  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright import DeclarationError
from batchwright.task.sizes import check_cpu_and_memory
from batchwright_runner.contract.sizes import MEMORY, nearest
from tests.kit.rows import each_row

# Written out once more from AWS's table (vCPU to GB), so that a slip in the module's own is seen.
OFFERED = {
    256: [512, 1024, 2048],
    512: [1024, 2048, 3072, 4096],
    1024: [gb * 1024 for gb in (2, 3, 4, 5, 6, 7, 8)],
    2048: [gb * 1024 for gb in range(4, 17)],
    4096: [gb * 1024 for gb in range(8, 31)],
    8192: [gb * 1024 for gb in (16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60)],
    16384: [gb * 1024 for gb in (32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120)],
    32768: [gb * 1024 for gb in (60, 120, 244)],
}


def refused(cpu: object, memory: object) -> str:
    with pytest.raises(DeclarationError) as error:
        check_cpu_and_memory("batch report", cpu, memory)  # type: ignore[arg-type]
    return str(error.value)


def pairs() -> Iterator[tuple[int, int]]:
    memories = sorted({memory for several in OFFERED.values() for memory in several})
    yield from ((cpu, memory) for cpu in OFFERED for memory in memories)


@pytest.mark.parametrize("cpu", OFFERED)
def test_each_cpu_goes_with_what_fargate_offers(cpu: int) -> None:
    assert list(MEMORY[cpu]) == OFFERED[cpu]


def test_the_sizes_are_those_of_cfn_lint() -> None:
    """With the newest cfn-lint, once a month, this shows that Fargate has got others (`newest.yml`)."""
    file = "data/schemas/extensions/aws_ecs_taskdefinition/fargate_cpu_memory.json"
    data = json.loads(Path(cfnlint.__file__).parent.joinpath(file).read_text(encoding="utf-8"))
    rules = [choice["properties"] for choice in data["then"]["anyOf"]]
    known = {}
    for rule in rules:
        (cpu,), memory = rule["Cpu"]["then"]["enum"], rule["Memory"]["then"]
        known[int(cpu)] = memory.get("enum") or list(
            range(memory["minimum"], memory["maximum"] + 1, memory["multipleOf"])
        )

    assert {cpu: list(memories) for cpu, memories in MEMORY.items()} == known


def test_every_pair_is_accepted_or_refused() -> None:
    for cpu, memory in pairs():
        if memory in OFFERED[cpu]:
            check_cpu_and_memory("batch report", cpu, memory)
        else:
            assert "memory" in refused(cpu, memory)


@each_row("given message", __file__, "sizes")
def test_a_refusal_names_what_is_allowed_and_the_nearest(given: str, message: str) -> None:
    assert refused(*map(int, given.split())).endswith(message)


@pytest.mark.parametrize(
    ("cpu", "memory"), [("256", 512), (256, "512"), (256, 512.0), (True, 512), (None, 512), (256, None)]
)
def test_what_is_no_whole_number_is_refused(cpu: object, memory: object) -> None:
    assert "allowed" in refused(cpu, memory)


@given(st.integers(-10, 40000), st.integers(-10, 300000))
def test_the_nearest_sizes_are_valid_and_an_accepted_size_is_its_own(cpu: int, memory: int) -> None:
    sizes = nearest(cpu, memory)

    assert 1 <= len(sizes) <= 3
    assert all(m in OFFERED[c] for c, m in sizes)
    if memory in OFFERED.get(cpu, []):
        assert sizes == [(cpu, memory)]
