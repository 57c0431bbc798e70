"""What SSM takes as a value, and how a declared value is compared with the one that is there. Pure."""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Literal

LIMIT = 4096
"""Characters of a Standard parameter's value (Systems Manager, "Managing parameter tiers", 2026-11)."""

REFERENCE = "{{"
"""What SSM takes for a reference to another parameter, and refuses (PutParameter, 2026-11)."""

Fault = Literal["empty", "too long", "reference"]
"""Why SSM refuses a value: it keeps no empty one (PutParameter, 2026-11), none over `LIMIT`, none with `REFERENCE`."""


def fault(value: str) -> Fault | None:
    """Why SSM refuses a value; none where it takes it."""
    if not value:
        return "empty"
    if len(value) > LIMIT:
        return "too long"
    return "reference" if REFERENCE in value else None


def without_references(text: str) -> str:
    """ASCII JSON in the form that SSM takes: two braces begin a reference only where the second is written as such."""
    return text.replace(REFERENCE, r"{\u007b")


FINGERPRINT = re.compile(r"[A-Za-z0-9_-]{8}")
"""What `fingerprint` gives."""


def fingerprint(value: str) -> str:
    """The first 48 bits of a value's SHA-256 in base64url: what a manifest carries of a declared value."""
    return urlsafe_b64encode(sha256(value.encode()).digest()[:6]).decode()
