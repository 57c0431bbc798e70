"""The registry that container engines push to."""

import socket

from tests.fake_aws.services.image_store import ImageStore
from tests.fake_aws.services.oci_registry import OciRegistry


def test_a_client_that_tries_tls_is_told_that_this_is_http() -> None:
    hello = b"\x16\x03\x01\x02\x00" + b"x" * 512

    with OciRegistry(ImageStore()) as registry:
        host, _, port = registry.host.partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(hello)
            answer = client.recv(100)

    assert answer.startswith(b"HTTP/1.0 400 ")
