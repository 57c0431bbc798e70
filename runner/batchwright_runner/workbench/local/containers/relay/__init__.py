"""The program beside a task's containers: it hands what they send to 127.0.0.1 to the runner; from ``relay.c``."""

from importlib import resources

SOURCE = "97dcb51c913a10572442173c144c9e7394f23f56ccb8dd19302d0b2c7e891379"
"""The digest of the source that the programs were compiled from, by ``build.sh``."""


def program(architecture: str) -> bytes:
    """The program as an ELF file.

    Args:
        architecture: CPU architecture as the engine names it: ``amd64`` or ``arm64``.

    Raises:
        ValueError: There is none for that CPU.
    """
    if architecture not in ("amd64", "arm64"):
        raise ValueError(f"no program for {architecture}, only for amd64, arm64")
    return resources.files(__package__).joinpath(f"relay-{architecture}").read_bytes()
