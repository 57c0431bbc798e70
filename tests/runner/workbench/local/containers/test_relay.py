"""The program beside a task's containers, really run here, and how the runner talks to it."""

import http.client
import platform
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from batchwright_runner.workbench.local.containers.network import relay_ports
from batchwright_runner.workbench.local.containers.relay.relay import Relay, RelayError, frames, program
from batchwright_runner.workbench.local.containers.sdk import Attached
from batchwright_runner.workbench.local.containers.task_plan import Handlers
from tests.kit.not_tried import unavailable

CPU = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "")


class Pipes(Attached):
    """A running program as the engine shows it: its stdout in frames of the Docker API."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._into, self._out = process, process.stdin, process.stdout

    def recv(self, size: int, /) -> bytes:
        data = self._out.read1(size)  # type: ignore[attr-defined]
        return b"\x01\0\0\0" + len(data).to_bytes(4, "big") + data if data else b""

    def sendall(self, data: bytes, /) -> None:
        self._into.write(data)
        self._into.flush()

    def close(self) -> None:
        self._process.kill()


@pytest.fixture
def binary(tmp_path: Path) -> Path:
    if not CPU:
        unavailable("the relay", f"there is no program for {platform.machine()}", "try it on x86_64 or aarch64")
    path = tmp_path / "relay"
    path.write_bytes(program(CPU))
    path.chmod(0o755)
    return path


@pytest.fixture
def ports() -> tuple[int, int]:
    return relay_ports("host", reports=True, requests=True) or (0, 0)


def run(binary: Path, ports: tuple[int, int]) -> "subprocess.Popen[bytes]":
    words = [str(binary), *(str(port) for port in ports)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


@pytest.fixture
def process(binary: Path, ports: tuple[int, int]) -> Iterator["subprocess.Popen[bytes]"]:
    with run(binary, ports) as child:
        yield child
        child.kill()


def test_there_is_a_program_for_each_of_two_processors() -> None:
    assert program("amd64")[:4] == program("arm64")[:4] == b"\x7fELF"
    with pytest.raises(ValueError, match="no program for riscv64"):
        program("riscv64")


def test_datagrams_come_and_a_flush_waits_for_all(process: "subprocess.Popen[bytes]", ports: tuple[int, int]) -> None:
    taken: list[bytes] = []
    relay = Relay(Pipes(process), Handlers(taken.append, lambda _: b""))
    relay.wait()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for n in range(50):
            sender.sendto(f"{n}".encode(), ("127.0.0.1", ports[0]))
        sender.sendto(b"", ("127.0.0.1", ports[0]))
    relay.flush()

    assert taken == [*(f"{n}".encode() for n in range(50)), b""]
    relay.close()


def test_a_request_is_answered(process: "subprocess.Popen[bytes]", ports: tuple[int, int]) -> None:
    requests: list[bytes] = []

    def answer(request: bytes) -> bytes:
        requests.append(request)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

    relay = Relay(Pipes(process), Handlers(lambda _: None, answer))
    relay.wait()
    for _ in range(3):
        connection = http.client.HTTPConnection("127.0.0.1", ports[1], timeout=20)
        connection.request("GET", "/role", headers={"Authorization": "token"})
        assert connection.getresponse().read() == b"ok"
        connection.close()

    assert [request.startswith(b"GET /role HTTP/1.1\r\n") for request in requests] == [True] * 3
    with pytest.raises(ConnectionRefusedError):  # 127.0.0.1 alone, and no other address of the task's
        socket.create_connection(("127.0.0.2", ports[1]))
    relay.close()


def test_a_client_that_says_nothing_does_not_hold_up_the_next(
    process: "subprocess.Popen[bytes]", ports: tuple[int, int]
) -> None:
    relay = Relay(Pipes(process), Handlers(lambda _: None, lambda _: b"HTTP/1.1 204 No\r\n\r\n"))
    relay.wait()
    with socket.create_connection(("127.0.0.1", ports[1])), socket.create_connection(("127.0.0.1", ports[1])) as second:
        second.settimeout(30)
        second.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert second.recv(100).startswith(b"HTTP/1.1 204")
    relay.close()


def test_a_port_that_is_taken_is_said(binary: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holds:
        holds.bind(("127.0.0.1", 0))
        port = holds.getsockname()[1]
        with run(binary, (port, 0)) as process:
            relay = Relay(Pipes(process), Handlers(lambda _: None, lambda _: b""))
            with pytest.raises(RelayError, match=f"port {port} of 127.0.0.1 is taken"):
                relay.wait()


def test_a_program_that_dies_at_once_is_said() -> None:
    with subprocess.Popen(["true"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        relay = Relay(Pipes(process), Handlers(lambda _: None, lambda _: b""))
        with pytest.raises(RelayError, match="its relay did not start"):
            relay.wait()
        relay.flush()


def test_it_ends_with_its_runner(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    process.stdin.close()

    assert process.wait(20) == 1


def test_frames_are_found_however_they_are_cut() -> None:
    text = b"R\0\0\0\0D\0\0\0\x03abcF\0\0\0\0"

    for size in range(1, len(text) + 1):
        chunks = (text[at : at + size] for at in range(0, len(text), size))
        assert list(frames(chunks)) == [(b"R", b""), (b"D", b"abc"), (b"F", b"")]


def test_without_ports_it_waits_and_uses_no_time(binary: Path) -> None:
    with subprocess.Popen([binary], stdin=subprocess.DEVNULL) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        times = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        process.kill()

    assert times == ["0", "0"]


def test_threads_end(process: "subprocess.Popen[bytes]") -> None:
    before = threading.active_count()
    relay = Relay(Pipes(process), Handlers(lambda _: None, lambda _: b""))
    relay.wait()
    relay.close()
    process.wait(20)
    for _ in range(200):
        if threading.active_count() <= before:
            return
        threading.Event().wait(0.05)
    raise AssertionError("a thread is left")
