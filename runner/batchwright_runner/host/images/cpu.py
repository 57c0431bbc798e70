"""For which CPUs an image was built."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from batchwright_runner.contract.sizes import IMAGE_ARCHITECTURES
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import patiently
from batchwright_runner.host.images.registry import Image, Registry

LONGEST = 15.0
"""Seconds that reading an image's configuration may take."""


Fetch = Callable[[str], bytes]
"""Reads what lies at an address; raises ApiError where it cannot be read."""


def architectures(registry: Registry, image: Image, fetch: Fetch) -> frozenset[str]:
    """The CPU architectures of an image, in ECS's words.

    An index names them. A manifest does not: its configuration has to be read.
    """
    manifest = json.loads(image.manifest)
    if "manifests" in manifest:
        return frozenset(_words(entry.get("platform", {})) for entry in manifest["manifests"]) - {""}
    digest = manifest.get("config", {}).get("digest", "")
    if not digest:
        raise RunnerError(f"{image.name}@{image.digest} cannot be used: its manifest is not that of an image")
    address = registry.layer_address(image.name, digest)
    what = f"the configuration of {image.name}@{image.digest} cannot be read"
    try:
        return frozenset({_words(json.loads(patiently(lambda: fetch(address), what, registry.waiter)))}) - {""}
    except ValueError as error:
        raise RunnerError(f"{what}: {error}") from error


def fetch(address: str) -> bytes:
    """Reads what lies at an address that ECR gave."""
    try:
        with urllib.request.urlopen(address, timeout=LONGEST) as answer:  # noqa: S310 - the address is ECR's
            data: bytes = answer.read()
            return data
    except urllib.error.HTTPError as error:
        raise ApiError(str(error.code), str(error.reason), status=error.code) from error
    except OSError as error:
        raise ApiError(type(error).__name__, str(error), lost=True) from error


def _words(platform: Mapping[str, Any]) -> str:
    """ECS's word; empty for what is no program, as the attestations in an index."""
    name = str(platform.get("architecture", ""))
    return "" if name in ("", "unknown") else IMAGE_ARCHITECTURES.get(name, name)
