"""From a request to its answer: faults and quotas first, then the operation, and a record of it all."""

import dataclasses
import threading
import traceback
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.faults import Fault, FaultQueue, Quota, expired_token
from tests.fake_aws.protocols import OPERATIONS, Invocation, answer, check_time, parse
from tests.fake_aws.wire import Ending, Request, Response
from tests.fake_aws.world import World

if TYPE_CHECKING:
    from tests.fake_aws.rights import Rights


@dataclass(frozen=True)
class Call:
    """A request that came in.

    Attributes:
        at: When, in seconds since the epoch.
        operation: ``RunTask``.
        body: Its input.
        outcome: The code of the error it was answered with; ``cut``, ``reset`` or ``lost`` where the connection was
            ended; the reason of RunTask's failure; empty for a good answer.
        key: The access key it was signed with.
        region: The region it was signed for.
    """

    at: float
    operation: str
    body: dict[str, Any]
    outcome: str
    key: str
    region: str


class Dispatcher:
    """Answers requests about one world. All that touches the world holds ``lock``."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.lock = threading.RLock()
        self.calls: list[Call] = []
        self._faults: dict[str, FaultQueue] = {}
        self._quotas: dict[str, Quota] = {}
        self._empty_pages = 0
        self.rights: Rights | None = None

    def faults(self, operation: str, *faults: Fault) -> None:
        """Replaces the faults of an operation."""
        self._check(operation)
        with self.lock:
            self._faults[operation] = FaultQueue(faults, self.world.clock)

    def quota(self, operation: str, per_second: float, burst: float) -> None:
        """Replaces the quota of an operation."""
        self._check(operation)
        with self.lock:
            self._quotas[operation] = Quota(per_second, burst, self.world.clock)

    def clear(self) -> None:
        """Forgets calls, faults and quotas."""
        with self.lock:
            self.calls.clear()
            self._faults.clear()
            self._quotas.clear()

    def respond(self, request: Request) -> Response:
        """The answer to one request."""
        invocation = parse(request)
        with self.lock:
            at = self.world.clock()
            queue = self._faults.get(invocation.operation)
            fault = queue.next() if queue else None
            response, outcome = self._decide(invocation, fault)
            self.calls.append(
                Call(at, invocation.operation, invocation.body, outcome, invocation.key, invocation.region)
            )
        return dataclasses.replace(response, headers={**response.headers, "Date": formatdate(at, usegmt=True)})

    def _decide(self, invocation: Invocation, fault: Fault | None) -> tuple[Response, str]:
        if fault and fault.kind == "page":
            return Response(fault.status, fault.message.encode(), {"Content-Type": "text/html"}), "page"
        try:
            response = answer(invocation, self._operate(invocation, fault))
        except AwsError as error:
            return answer(invocation, error), error.code
        except Exception:  # noqa: BLE001 - a defect must reach the test that meets it
            traceback.print_exc()
            defect = AwsError("DefectInTestServer", traceback.format_exc(limit=-1), 500)
            return answer(invocation, defect), defect.code
        if fault is None:
            return response, ""
        if fault.kind == "delay":
            return dataclasses.replace(response, delay=fault.seconds), ""
        if fault.kind in ("cut", "reset"):
            ending: Ending = "close" if fault.kind == "cut" else "reset"
            return dataclasses.replace(response, ending=ending, keep=fault.keep), fault.kind
        if fault.kind == "lose":
            return dataclasses.replace(response, ending="close"), "lost"
        return response, fault.reason

    def _operate(self, invocation: Invocation, fault: Fault | None) -> dict[str, Any]:
        if self.world.checks_clock:
            check_time(invocation.sent, self.world.clock())
        if fault and fault.kind == "error":
            raise fault.error()
        if invocation.key in self.world.expired:
            raise expired_token().error()
        operation = OPERATIONS.get(invocation.operation)
        if operation is None:
            raise AwsError("UnknownOperationException", f"{invocation.operation} is not known here")
        if self.rights is not None:
            self.rights.check(self.world, invocation.operation, invocation.body)
        quota = self._quotas.get(invocation.operation)
        if quota and not quota.take():
            raise AwsError("ThrottlingException", "Rate exceeded")
        self.world.settle()
        self.world.caller = invocation.key
        return operation(self.world, {**invocation.body, **self._marks(fault)})

    def _marks(self, fault: Fault | None) -> dict[str, Any]:
        """What a fault tells the operation through its input."""
        if fault is None:
            return {}
        if fault.kind == "empty":
            self._empty_pages += 1
            return {"_empty": self._empty_pages}
        if fault.kind == "failures":
            return {"_failure": {"reason": fault.reason}}
        return {f"_{fault.kind}": True} if fault.kind in ("missing", "conflict") else {}

    @staticmethod
    def _check(operation: str) -> None:
        if operation not in OPERATIONS:
            raise ValueError(f"{operation} is no operation of this server; it knows {', '.join(OPERATIONS)}")
