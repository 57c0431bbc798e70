"""What a batch may run in on this machine, as the command line and ``BATCHWRIGHT_BACKEND`` say it."""

from typing import Literal

Backend = Literal["auto", "docker", "podman", "process"]
BACKENDS: tuple[Backend, ...] = ("auto", "docker", "podman", "process")
"""``auto`` takes Docker, else Podman, else a plain process."""
