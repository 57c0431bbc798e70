"""The server: its loop runs in a thread, its state is read and changed under one lock."""

import asyncio
import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from batchwright_runner.manifest import BatchManifest
from tests.aws_server import wire
from tests.aws_server.errors import AwsError
from tests.aws_server.faults import Fault, FaultQueue, Quota
from tests.aws_server.protocols import OPERATIONS, Invocation, answer, parse
from tests.aws_server.script import Script
from tests.aws_server.tasks import Task
from tests.aws_server.world import Family, Parameter, World

READ_LIMIT = 1 << 20


@dataclass(frozen=True)
class Call:
    """A request that came in: when, for what, and the code of the error it was answered with (``cut`` and ``lost``
    for an ended connection, empty for a good answer)."""

    at: float
    operation: str
    body: dict[str, Any]
    outcome: str
    key: str
    region: str


class AwsServer:
    """One AWS account on a free port of this machine. Use it as a context manager, or `start` and `stop` it.

    Args:
        account: The account of all credentials.
        region: The region of all ARNs.
        speed: Scripts run so many times faster than they say.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        *,
        account: str = "111111111111",
        region: str = "eu-west-1",
        speed: float = 1.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.world = World(clock=clock, account=account, region=region, speed=speed)
        self.calls: list[Call] = []
        self.port = 0
        self.control: Callable[[wire.Request], wire.Response] | None = None
        self._faults: dict[str, FaultQueue] = {}
        self._quotas: dict[str, Quota] = {}
        self._empty_pages = 0
        self._lock = threading.RLock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="aws-server", daemon=True)
        self._ready = threading.Event()
        self._connections: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, port: int = 0) -> Self:
        """Listens on a loopback port, a free one unless it is given."""
        self.port = port
        self._thread.start()
        self._ready.wait()
        return self

    def stop(self) -> None:
        """Ends all connections and the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def url(self) -> str:
        """For ``AWS_ENDPOINT_URL``."""
        return f"http://127.0.0.1:{self.port}"

    def environ(self, **more: str) -> dict[str, str]:
        """The variables that send a subprocess's AWS calls here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "AKIATEST",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": self.world.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
            **more,
        }

    # What there is.

    def deploy(self, manifest: BatchManifest, *scripts: Script) -> None:
        """Puts a batch in place, as a deployment does: manifest, cluster, task definition, log group and the rest."""
        with self._lock:
            world = self.world
            world.parameters[manifest.name] = Parameter(manifest.name, manifest.to_json(), changed=world.clock())
            world.clusters.add(manifest.cluster.rpartition("/")[2])
            world.revisions[manifest.task_definition] = "ACTIVE"
            world.groups.setdefault(manifest.log_group, {})
            if manifest.history_log_group:
                world.history_group = manifest.history_log_group
                world.groups.setdefault(manifest.history_log_group, {})
            if manifest.deadline:
                world.schedule_groups.add(manifest.deadline.group)
            family = manifest.task_definition.rpartition("/")[2].partition(":")[0]
            world.families[family] = Family(
                list(scripts) or [Script()], manifest.log_stream_prefix, manifest.log_group, manifest.container
            )

    def script(self, family: str, *scripts: Script) -> None:
        """Scripts the next tasks of a deployed family: one each, the last one for all further ones."""
        with self._lock:
            known = self.world.families[family]
            known.scripts, known.started = list(scripts), 0

    def deregister(self, task_definition: str) -> None:
        """Makes a revision inactive."""
        with self._lock:
            self.world.revisions[task_definition] = "INACTIVE"

    def put_parameter(self, name: str, value: str, kind: str = "String") -> None:
        """Sets a parameter."""
        with self._lock:
            self.world.parameters[name] = Parameter(name, value, kind, changed=self.world.clock())

    def put_event(self, group: str, stream: str, text: str, at: float | None = None) -> None:
        """Adds an event to a log stream; group and stream are made when they are missing."""
        with self._lock:
            self.world.put_event(group, stream, text, at)

    # What goes wrong.

    def faults(self, operation: str, *faults: Fault) -> None:
        """Replaces what is wrong with the next calls of an operation; without faults it is well again."""
        if operation not in OPERATIONS:
            raise ValueError(f"{operation} is no operation of this server")
        with self._lock:
            self._faults[operation] = FaultQueue(faults)

    def quota(self, operation: str, per_second: float, burst: float | None = None) -> None:
        """Throttles an operation, over all callers."""
        if operation not in OPERATIONS:
            raise ValueError(f"{operation} is no operation of this server")
        with self._lock:
            self._quotas[operation] = Quota(per_second, per_second if burst is None else burst, self.world.clock)

    # What happened.

    @property
    def tasks(self) -> list[Task]:
        """All tasks, the oldest first."""
        with self._lock:
            return list(self.world.tasks.values())

    @property
    def schedules(self) -> list[dict[str, Any]]:
        """The requests of the schedules there are."""
        with self._lock:
            return [schedule["request"] for schedule in self.world.schedules.values()]

    def fire_schedules(self) -> None:
        """Runs all schedules now, whatever their time."""
        with self._lock:
            for key in list(self.world.schedules):
                self.world.fire(*key)

    def stop_task(self, task: Task, reason: str = "Task stopped by user") -> None:
        """Stops a task as somebody else would, in the console say."""
        with self._lock:
            task.stop(self.world.clock(), reason)

    def forget(self, *, tasks: bool = False, tokens: bool = False) -> None:
        """What ECS does in time: stopped tasks are gone after an hour or so, client tokens an hour after the end."""
        with self._lock:
            if tokens:
                self.world.tokens.clear()
            if tasks:
                self.world.settle()
                now = self.world.clock()
                for task in [task for task in self.world.tasks.values() if task.times.stopped <= now]:
                    del self.world.tasks[task.id]

    def calls_of(self, operation: str) -> list[Call]:
        """The calls of one operation."""
        with self._lock:
            return [call for call in self.calls if call.operation == operation]

    # How it answers.

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._connection, "127.0.0.1", self.port, limit=READ_LIMIT, backlog=512)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for connection in self._connections:
            connection.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._connections, return_exceptions=True))
        self._loop.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        current = asyncio.current_task()
        if current:
            self._connections.add(current)
            current.add_done_callback(self._connections.discard)
        try:
            while request := await wire.read_request(reader, writer):
                if not await wire.write_response(writer, await self._respond(request)):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _respond(self, request: wire.Request) -> wire.Response:
        if self.control and request.target == "/_control":
            return self.control(request)
        invocation = parse(request)
        with self._lock:
            fault = self._fault(invocation)
            response, outcome = self._decide(invocation, fault)
            self.calls.append(self._record(invocation, outcome))
        if fault and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        return response

    def _fault(self, invocation: Invocation) -> Fault | None:
        queue = self._faults.get(invocation.operation)
        return queue.next() if queue else None

    def _decide(self, invocation: Invocation, fault: Fault | None) -> tuple[wire.Response, str]:
        try:
            if fault and fault.kind == "error":
                raise fault.error()
            output = self._operate(invocation, fault)
        except AwsError as error:
            return answer(invocation, error), error.code
        response = answer(invocation, output)
        if fault and fault.kind == "cut":
            return dataclasses.replace(response, keep=fault.keep), "cut"
        if fault and fault.kind == "lose":
            return dataclasses.replace(response, silent=True), "lost"
        return response, ""

    def _operate(self, invocation: Invocation, fault: Fault | None) -> dict[str, Any]:
        operation = OPERATIONS.get(invocation.operation)
        if operation is None:
            raise AwsError("UnknownOperationException", f"{invocation.operation} is not known here")
        quota = self._quotas.get(invocation.operation)
        if quota and not quota.take():
            raise AwsError("ThrottlingException", "Rate exceeded")
        self.world.settle()
        return operation(self.world, {**invocation.body, **self._marks(fault)})

    def _marks(self, fault: Fault | None) -> dict[str, Any]:
        """What a fault tells the operation through its input."""
        if fault is None:
            return {}
        if fault.kind == "empty":
            self._empty_pages += 1
            return {"_empty": self._empty_pages}
        if fault.kind == "failures":
            failure = {"reason": fault.reason}
            return {"_failure": {**failure, "detail": fault.detail} if fault.detail else failure}
        return {"_missing": True} if fault.kind == "missing" else {}

    def _record(self, invocation: Invocation, outcome: str) -> Call:
        return Call(
            self.world.clock(), invocation.operation, invocation.body, outcome, invocation.key, invocation.region
        )
