"""A stand-in for Datadog's Agent: counts packets, and on SIGTERM takes a while to send what it has."""

import os
import signal
import socket
import sys
import time

FLUSH = 1.0  # seconds that sending takes: no sleep of a batch, but the time that the stop timeout gives


def told(*_: object) -> None:
    raise SystemExit


signal.signal(signal.SIGTERM, told)
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
server.bind(("127.0.0.1", 8125))
received = 0
try:
    while True:
        received += server.recv(1024).count(b"|c")
except SystemExit:
    print(f"told {time.monotonic():.3f} key={os.environ['DD_API_KEY']}")
server.setblocking(False)
try:
    while True:
        received += server.recv(1024).count(b"|c")
except BlockingIOError:
    time.sleep(FLUSH)
print(f"sent {time.monotonic():.3f} {received}")
sys.exit(0)
