"""Writes what only AWS can show, and when it was last seen, into docs/proof.md; ``--check`` only says if it differs.

python docs/generate_proof.py [--check]
"""

import json
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.written import with_parts, write
from tests.on_aws.claims import BEFORE, CLAIMS, Claim
from tests.on_aws.record import RECORDS

PAGE = Path(__file__).parent / "proof.md"
Records = Sequence[Mapping[str, Any]]


def records(folder: Path = RECORDS) -> Records:
    """The records of trials on AWS, the oldest first; those of an emulator prove nothing."""
    read = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    return sorted((record for record in read if record["endpoint"] == "AWS"), key=lambda record: str(record["date"]))


def last(claim: str, records: Records) -> str:
    """When, where and at which commit AWS has last answered a claim; what it said, where that was no. "" for never."""
    for record in reversed(records):
        for answer in record["claims"]:
            if answer["claim"] == claim and answer["answer"] in ("seen", "not so"):
                at = f"{record['date']}, {record['region']}, {record['commit'][:8]}"
                return at if answer["answer"] == "seen" else f"**not so**: {at}: {_cell(answer['evidence'])}"
    return ""


def table(claims: Iterable[Claim], records: Records) -> str:
    """A table of claims."""
    lines = ["| what | seen elsewhere | last seen on AWS | if it is not so |", "| --- | --- | --- | --- |"]
    for claim in claims:
        seen = "; ".join(filter(None, [last(claim.key, records), claim.needs and f"needs {claim.needs}"]))
        what = f"{_cell(claim.what)} ({claim.sure}%)"
        lines.append(f"| {what} | {elsewhere(claim)} | {seen} | {_cell(claim.otherwise)} |")
    return "\n".join(lines)


def elsewhere(claim: Claim) -> str:
    """Who else says that it is so."""
    said = [claim.seen, claim.documented and f"documented: {claim.documented}"]
    return "; ".join(filter(None, said)) or "no"


def count(claims: Collection[Claim]) -> str:
    """On whose word the claims rest, in a sentence."""
    seen = sum(bool(claim.seen) for claim in claims)
    documented = sum(bool(claim.documented and not claim.seen) for claim in claims)
    alone = len(claims) - seen - documented
    return (
        f"Of {len(claims)} rows others have met {seen} on AWS, {documented} more are documented by AWS, "
        f"and {alone} rest on our word alone: none of these can block a deployment or a start."
    )


def state(records: Records) -> str:
    """What trials there were, in a sentence or two."""
    if not records:
        return "**No trial has been run on AWS yet**: no account was at hand."
    found = records[-1]
    return f"The last trial on AWS: {found['date']}, {found['region']}, {found['commit'][:8]}."


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def parts(records: Records) -> dict[str, str]:
    """The parts of the page."""
    return {
        "trials": state(records),
        "counted": count(CLAIMS),
        "before a deployment": table([claim for claim in CLAIMS if claim.part == BEFORE], records),
        "in a deployment": table([claim for claim in CLAIMS if claim.part and claim.part != BEFORE], records),
        "beyond one account": table([claim for claim in CLAIMS if not claim.part], records),
    }


if __name__ == "__main__":
    sys.exit(write({PAGE: with_parts(PAGE, parts(records()))}))
