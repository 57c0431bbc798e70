"""The socket: a loop in a thread of its own that reads requests and sends what it is given to answer."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Self

from tests.fake_aws import wire

READ_LIMIT = 1 << 20
BACKLOG = 512

Respond = Callable[[wire.Request], wire.Response]


class Listener:
    """Serves ``respond``, which runs in this listener's thread and must not wait, on a loopback port."""

    def __init__(self, respond: Respond) -> None:
        self.port = 0
        self._respond = respond
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="aws-server", daemon=True)
        self._ready = threading.Event()
        self._failed: OSError | None = None
        self._connections: set[asyncio.Task[None]] = set()

    def start(self, port: int = 0) -> Self:
        """Listens on the port, or on a free one.

        Raises:
            OSError: The port is taken.
        """
        self.port = port
        self._thread.start()
        self._ready.wait()
        if self._failed:
            raise self._failed
        return self

    def stop(self) -> None:
        """Ends all connections and the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        listening = asyncio.start_server(self._connection, "127.0.0.1", self.port, limit=READ_LIMIT, backlog=BACKLOG)
        try:
            server = self._loop.run_until_complete(listening)
        except OSError as error:
            self._failed = error
            self._loop.close()
            self._ready.set()
            return
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
                response = self._respond(request)
                if response.delay:
                    await asyncio.sleep(response.delay)
                if not await wire.write_response(writer, response):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away, or the server does
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()
