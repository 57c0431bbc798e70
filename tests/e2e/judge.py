"""A judge before the emulator, which does not judge by itself: it lets through what a role's policies allow.

What a request needs, and whether statements allow it, is decided as in the stories (`tests.fake_aws.rights`).
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tests.fake_aws.errors import AwsError
from tests.fake_aws.listener import Listener
from tests.fake_aws.protocols import answer, parse
from tests.fake_aws.rights import Rights
from tests.fake_aws.wire import Request, Response
from tests.fake_aws.world import World

HOP_BY_HOP = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})


class Judge:
    """Answers for the emulator.

    Attributes:
        refused: The operations that were refused.
        passed: Those that were let through.
    """

    def __init__(self, emulator: str, rights: Rights, *, account: str, region: str) -> None:
        self.refused: list[str] = []
        self.passed: list[str] = []
        self._emulator = urlsplit(emulator)
        self._rights = rights
        self._world = World(clock=time.time, account=account, region=region)

    def respond(self, request: Request) -> Response:
        """The emulator's answer, or the refusal that AWS would answer with."""
        invocation = parse(request)
        try:
            self._rights.check(self._world, invocation.operation, invocation.body)
        except AwsError as error:
            self.refused.append(invocation.operation)
            return answer(invocation, error)
        self.passed.append(invocation.operation)
        connection = HTTPConnection(str(self._emulator.hostname), self._emulator.port or 80, timeout=60)
        try:
            connection.request(request.method, request.target, request.body, dict(request.headers))
            response = connection.getresponse()
            headers = {name: value for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP}
            return Response(response.status, response.read(), headers)
        finally:
            connection.close()


@contextmanager
def judged(
    emulator: str,
    statements: Sequence[Mapping[str, Any]],
    roles: Mapping[str, Sequence[str]],
    *,
    account: str,
    region: str,
) -> Iterator[tuple[str, Judge]]:
    """A judge who knows these statements; its address, and itself.

    Args:
        emulator: The emulator's address.
        statements: What the caller may do.
        roles: Task definition family to the roles that it passes on.
        account: The account.
        region: The region.
    """
    judge = Judge(emulator, Rights(statements, roles), account=account, region=region)
    listener = Listener(judge.respond).start()
    try:
        yield f"http://localhost:{listener.port}", judge
    finally:
        listener.stop()
