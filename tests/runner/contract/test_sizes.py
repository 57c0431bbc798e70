from batchwright_runner.contract.sizes import (
    ARCHITECTURES,
    DEFAULT_ARCHITECTURE,
    IMAGE_ARCHITECTURES,
    MEMORY,
    nearest,
)


def test_every_architecture_has_a_name_in_images() -> None:
    assert set(IMAGE_ARCHITECTURES.values()) == set(ARCHITECTURES)
    assert DEFAULT_ARCHITECTURE in ARCHITECTURES


def test_each_size_is_nearest_to_itself() -> None:
    sizes = [(cpu, memory) for cpu, several in MEMORY.items() for memory in several]

    assert [size for size in sizes if nearest(*size) != [size]] == []
