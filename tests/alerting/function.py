"""The function, run as Lambda runs it: a process that has its package, boto3 and the standard library, and no more.

Events go in as JSON and answers come out as JSON. One process takes many events in turn, as a warm container does.
"""

import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

PACKAGE = Path(__file__).parents[2] / "constructs/batchwright/functions/package.py"
HANDLER = "batchwright_runner.alerting.handler"
LIBRARIES = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")
"""boto3 and what it needs: what Lambda's runtime has."""
LIMIT = 30.0
"""Seconds that a call may take."""

BOOTSTRAP = """
import importlib, json, os, resource, sys, time, types, zoneinfo
zoneinfo.reset_tzpath(())
sys.path[:0] = sys.argv[1:3]
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
machine, ahead = time.time, [0.0]
time.time = lambda: machine() + ahead[0]
begun = time.process_time()
module = importlib.import_module(sys.argv[3])
took = time.process_time() - begun
clients = module.FunctionClients()
module.FunctionClients = lambda: clients
for number, line in enumerate(sys.stdin):
    asked = json.loads(line)
    ahead[0] = 0.0 if asked["now"] is None else asked["now"] - machine()
    end = time.monotonic() + asked["limit"]
    context = types.SimpleNamespace(
        aws_request_id=f"call-{number}", function_name="alerts", memory_limit_in_mb="256",
        get_remaining_time_in_millis=lambda: max(0, round(1000 * (end - time.monotonic()))),
    )
    if asked["anew"]:
        module._function.cache_clear()
        os.environ.update(asked["anew"])
    begun, used = time.perf_counter(), time.process_time()
    try:
        said = {"answer": getattr(module, asked["handler"])(asked["event"], context)}
    except Exception as error:
        said = {"error": f"{type(error).__name__}: {error}"}
        sys.excepthook(type(error), error, error.__traceback__)
    said |= {"seconds": time.perf_counter() - begun, "processor": time.process_time() - used, "began": took}
    said |= {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "modules": sorted(sys.modules)}
    print(json.dumps(said), file=answers, flush=True)
"""


@dataclass(frozen=True)
class Done:
    """What came of a call.

    Attributes:
        answer: What the handler gave back; none where it raised.
        error: What it raised; empty for nothing.
        seconds: How long it took.
        processor: Seconds of the processor that it used.
        memory: The process's largest resident memory so far, in MiB.
        began: Seconds of the processor that importing the handler took.
        modules: The modules that are loaded.
    """

    answer: Any
    error: str
    seconds: float
    processor: float
    memory: float
    began: float
    modules: Sequence[str]

    @property
    def failed(self) -> list[str]:
        """The ids of the messages that are to be given again."""
        return [item["itemIdentifier"] for item in (self.answer or {}).get("batchItemFailures", [])]


class Function:
    """A warm process of the function. Use it as a context manager.

    Args:
        environment: Its environment variables, as Lambda gives them.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._anew: Mapping[str, str] = {}
        self.environment = {"PATH": os.defpath, "LANG": "en_US.UTF-8", "TZ": ":UTC", **environment}
        self._process: subprocess.Popen[str] | None = None
        self._log: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cool()
        self._log.close()

    def __call__(
        self, event: object, *, now: float | None = None, handler: str = "handle", limit: float = LIMIT
    ) -> Done:
        """Calls the handler.

        Args:
            event: What it is given.
            now: Its time, in seconds since 1970. Default: this machine's.
            handler: Its name.
            limit: Seconds that it has.
        """
        process = self._warm()
        assert process.stdin is not None
        assert process.stdout is not None
        request = {"event": event, "now": now, "handler": handler, "limit": limit, "anew": self._anew}
        self._anew = {}
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, f"the function's process ended: {self.log}"
        answer = json.loads(line)
        return Done(**{"answer": None, "error": "", **answer})

    @property
    def log(self) -> str:
        """What it has written."""
        self._log.seek(0)
        return self._log.read()

    def begin_anew(self, environment: Mapping[str, str]) -> None:
        """Has the next call begin with what a cold process has, but for the SDK's clients, which take a second to make.

        Args:
            environment: Its environment variables, where they are others than before.
        """
        self.environment |= environment
        self._anew = environment

    def cool(self) -> None:
        """Ends the process: the next call has a cold one."""
        if self._process is not None:
            self._process.communicate(timeout=LIMIT)
            self._process = None

    def _warm(self) -> subprocess.Popen[str]:
        if self._process is None:
            package, libraries = packed()
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", "-c", BOOTSTRAP, str(package), str(libraries), HANDLER],
                env=self.environment,
                cwd=package,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
            )
        return self._process


@cache
def packed() -> tuple[Path, Path]:
    """A folder with the package, and one with boto3 and what it needs. They go with this process."""
    folder = tempfile.TemporaryDirectory(prefix="alerts-function-")
    _KEPT.append(folder)
    package, libraries = Path(folder.name, "package"), Path(folder.name, "libraries")
    with zipfile.ZipFile(io.BytesIO(zipped())) as archive:
        archive.extractall(package)
    libraries.mkdir()
    for name in LIBRARIES:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (libraries / source.name).symlink_to(source)
    return package, libraries


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def zipped() -> bytes:
    """The package that the stack gives to Lambda, made without the library, whose import takes seconds."""
    spec = importlib.util.spec_from_file_location("alerts_package", PACKAGE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    package: bytes = module.package()[1]
    return package
