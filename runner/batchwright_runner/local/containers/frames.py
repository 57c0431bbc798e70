"""Takes a log stream of the Docker API apart. Pure.

Without a terminal, the engine sends stdout and stderr in frames: one byte for the stream, three zeros, four bytes of
length (big endian), then the bytes (Docker Engine API, ContainerAttach, "Stream format").
"""

HEADER = 8


class Demultiplexer:
    """Gives the bytes of the frames as they come, without waiting for a frame to be complete."""

    def __init__(self) -> None:
        self._header = bytearray()
        self._stream = 0
        self._left = 0

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Takes bytes; gives pairs of stream (1 is stdout, 2 is stderr) and bytes."""
        found: list[tuple[int, bytes]] = []
        at = 0
        while at < len(data):
            if self._left:
                part = data[at : at + self._left]
                found.append((self._stream, part))
                self._left -= len(part)
                at += len(part)
                continue
            part = data[at : at + HEADER - len(self._header)]
            self._header += part
            at += len(part)
            if len(self._header) == HEADER:
                self._stream = self._header[0]
                self._left = int.from_bytes(self._header[4:], "big")
                self._header.clear()
        return found
