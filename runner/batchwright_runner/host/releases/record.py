"""The record of a stage's releases, kept in SSM in the stage's account, and how to go back in it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from batchwright_runner.contract.json_text import parsed
from batchwright_runner.contract.pages import pages
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import OPERATE_HINT, patiently
from batchwright_runner.host.runs.signals import Waiter

SHORTEST_DIGEST = 12
"""Hex digits with which a digest can be named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRecord:
    """One release or rollback."""

    image: str
    # What the stage's tag was pointed at
    digest: str
    tag: str
    by: str
    # When, as ISO 8601 in UTC
    at: str
    # Whether it was new to the stage or a step back
    kind: Literal["release", "rollback"] = "release"

    def to_json(self) -> str:
        """The form in which it is kept."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Reads that form; fields of newer runners are ignored."""
        try:
            data = parsed(text)
            return cls(**{name: data[name] for name in ("image", "digest", "tag", "by", "at", "kind")})
        except (ValueError, KeyError, TypeError) as error:
            raise RunnerError(f"a release record cannot be read: {text[:80]!r} is not one") from error

    @property
    def short(self) -> str:
        """Tag and digest, for people."""
        return f"{self.tag} ({self.digest[:19]})"


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one image in one stage."""

    path: str
    # Calls AWS with the stage's credentials
    aws: Aws
    waiter: Waiter

    def history(self) -> list[ReleaseRecord]:
        """All records, the oldest first. SSM keeps a hundred."""
        what = f"the release record {self.path} cannot be read"

        def read(**more: str) -> Mapping[str, Any]:
            return patiently(
                lambda: self.aws.call("ssm", "get_parameter_history", Name=self.path, **more),
                what,
                self.waiter,
                hint=OPERATE_HINT,
                but=("ParameterNotFound",),
            )

        try:
            return [
                ReleaseRecord.from_json(version["Value"]) for version in pages(read, "Parameters", next_key="NextToken")
            ]
        except ApiError:
            return []

    def put(self, record: ReleaseRecord) -> None:
        """Adds a record."""
        what = f"the release record {self.path} was not written"
        request = {"Name": self.path, "Value": record.to_json(), "Type": "String", "Overwrite": True}
        patiently(lambda: self.aws.call("ssm", "put_parameter", **request), what, self.waiter, hint=OPERATE_HINT)


def standing(history: Sequence[ReleaseRecord]) -> list[ReleaseRecord]:
    """The releases that stand, the oldest first: a rollback takes away what came after its target.

    So a second rollback goes one further back, and does not undo the first.
    """
    stack: list[ReleaseRecord] = []
    for record in history:
        if stack and stack[-1].digest == record.digest:
            continue
        digests = [release.digest for release in stack]
        if record.kind == "rollback" and record.digest in digests:
            del stack[digests.index(record.digest) + 1 :]
        else:
            stack.append(record)
    return stack


def rollback_target(image: str, history: Sequence[ReleaseRecord], current: str, to: str) -> ReleaseRecord:
    """The record to go back to.

    `to`: a tag or a digest of the history; empty for the release before the one that runs.
    """
    if not to:
        before = [record for record in standing(history) if record.digest != current]
        digests = [record.digest for record in standing(history)]
        if current in digests:
            before = standing(history)[: digests.index(current)]
        if not before:
            raise UsageError(f"{image} cannot be rolled back: the record has no release before this one")
        return before[-1]
    matching = [record for record in history if _named(record, to)]
    if len({record.digest for record in matching}) == 1:
        return matching[-1]
    tags = ", ".join(dict.fromkeys(record.tag for record in reversed(history))) or "none"
    why = "several releases are called so" if matching else "no release of the record is called so"
    raise UsageError(f"{image} cannot be rolled back to {to!r}: {why}", hint=f"The record has: {tags}")


def _named(record: ReleaseRecord, name: str) -> bool:
    digest = name.removeprefix("sha256:")
    return record.tag == name or (
        len(digest) >= SHORTEST_DIGEST and record.digest.removeprefix("sha256:").startswith(digest)
    )
