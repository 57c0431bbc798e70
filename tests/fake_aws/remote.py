"""A server in a process of its own, as seen from the one that started it."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from batchwright_runner.contract.manifest import BatchManifest
from tests.fake_aws.server import environ

ROOT = Path(__file__).parents[2]


class RemoteServer:
    """Starts the process, and ends it. The methods are those of `tests.fake_aws.control`.

    Args:
        speed: Scripts run so many times faster than they say.
    """

    def __init__(self, *, speed: float = 1.0) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fake_aws", "--speed", str(speed)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError("the server did not start: it wrote no address. Its own error is above")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def environ(self, region: str = "eu-west-1", **more: str) -> dict[str, str]:
        """The variables that send a subprocess's AWS calls there."""
        return environ(self.url, region, **more)

    def deploy(self, manifest: BatchManifest, *scripts: dict[str, Any]) -> None:
        """Puts a batch in place; the scripts are in their JSON form."""
        self._do("deploy", manifest=manifest.to_dict(), scripts=scripts)

    def faults(self, operation: str, *faults: dict[str, Any]) -> None:
        """Replaces what is wrong with an operation."""
        self._do("faults", operation=operation, faults=faults)

    def quota(self, operation: str, per_second: float, burst: float | None = None) -> None:
        """Throttles an operation over all callers."""
        self._do("quota", operation=operation, per_second=per_second, burst=burst)

    def tasks(self) -> list[dict[str, Any]]:
        """The tasks, with the exact times of their containers."""
        tasks: list[dict[str, Any]] = self._do("tasks")
        return tasks

    def calls(self) -> dict[str, int]:
        """How many calls there were of every operation; those that failed as ``Operation Code``."""
        counted = self._do("calls")
        return {f"{one['operation']} {one['outcome']}".strip(): one["count"] for one in counted}

    def first(self, operation: str) -> float | None:
        """When the first call of an operation came, in seconds since the epoch."""
        at: float | None = self._do("first", operation=operation)
        return at

    def clear(self) -> None:
        """Drops tasks, calls, faults and quotas."""
        self._do("clear")

    def _do(self, do: str, **arguments: object) -> Any:  # noqa: ANN401 - JSON
        data = json.dumps({"do": do, **arguments}).encode()
        with urllib.request.urlopen(f"{self.url}/_control", data=data) as response:
            return json.load(response)
