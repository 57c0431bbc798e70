"""The record of a trial, which docs/proof.md is written from once it is committed."""

import json
import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.on_aws.claims import Claim, Seen

ROOT = Path(__file__).parents[2]
RECORDS = Path(__file__).parent / "records"
"""Records that were committed."""
PACKAGES = ("batchwright", "aws-cdk-lib", "boto3")
UNKNOWN = "unknown"
"""The commit of a checkout without git."""


def record(
    rows: Iterable[tuple[Claim, Seen]], *, account: str, region: str, endpoint: str, at: str, left: Sequence[str]
) -> dict[str, object]:
    """What was seen, where and by what. It does not tell the account's id.

    Args:
        rows: The table.
        account: The account's id, which is left out.
        region: The region.
        endpoint: ``AWS``, or the address of what stands in for it.
        at: The commit that the trial began with.
        left: What could not be removed.
    """
    answers = [{"claim": answer.claim, "answer": answer.answer, "evidence": answer.evidence} for _, answer in rows]
    text = json.dumps({"claims": answers, "left": [*left]}, ensure_ascii=False)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "region": region,
        "endpoint": endpoint,
        "commit": at,
        "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
        **json.loads(text.replace(account, "111111111111")),
    }


def commit() -> str:
    """The commit that this checkout is at, with a ``+`` where files differ from it."""
    options = {"cwd": ROOT, "capture_output": True, "text": True, "check": False}
    head = subprocess.run(["git", "rev-parse", "HEAD"], **options)  # type: ignore[call-overload]
    changed = subprocess.run(["git", "status", "--porcelain", "--untracked-files=no"], **options)  # type: ignore[call-overload]
    return f"{head.stdout.strip()}{'+' if changed.stdout else ''}" if head.returncode == 0 else UNKNOWN
