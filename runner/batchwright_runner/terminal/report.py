"""What is said at the end of a run."""

import shlex
from collections.abc import Sequence

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.terminal.console import Tell
from batchwright_runner.terminal.text import one_line


def tell_failure(tell: Tell, manifest: BatchManifest, again: Sequence[str], more: Sequence[str] = ()) -> None:
    """Says whom to ask, what to read and how to run it again.

    Args:
        tell: Where to.
        manifest: The batch.
        again: The command that runs it again.
        more: Lines to say before that command.
    """
    lines = [f"owner: {one_line(manifest.owner)}"]
    if manifest.runbook:
        lines.append(f"runbook: {one_line(manifest.runbook)}")
    tell.note("\n".join([*lines, *more, f"run it again: {shlex.join(again)}"]))


def tell_verdict(tell: Tell, found: Verdict) -> None:
    """Says the last line: the code, the row and why."""
    tell.note(f"exit {found.code}: {found.why}")


def succeeded(found: Verdict) -> bool:
    """Whether a 0 of the container's own was seen."""
    return found.row is Row.OWN and found.code == 0
