"""``batchwright diff``: shows what a change does to each batch, in words."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from batchwright_runner.commands.options import Parsed, more, with_console
from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.host.settings.project import find_project
from batchwright_runner.host.terminal.console import Console, terminal_width
from batchwright_runner.workbench.diff.changes import Change, Compared, FailOn, page, summary
from batchwright_runner.workbench.diff.comment import comment
from batchwright_runner.workbench.diff.project import Differ
from batchwright_runner.workbench.page.writers import terminal


def read_gates(text: str) -> frozenset[FailOn]:
    """Reads ``permissions,removed``."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    by_name = {str(gate): gate for gate in FailOn}
    wrong = [name for name in names if name not in by_name]
    if wrong or not names:
        raise ValueError(f"{', '.join(wrong) or 'nothing'} was given; allowed: {', '.join(by_name)}")
    return frozenset(by_name[name] for name in names)


NAMED = 10
"""Changes that are named where the command fails for them."""


@click.command(
    epilog=more(
        "docs/reviewing-changes.md",
        "batchwright diff",
        "batchwright diff --base origin/main --fail-on permissions,secrets",
        "batchwright diff --base HEAD^1 --markdown > comment.md",
    )
)
@click.option(
    "--base",
    metavar="REF|DIR",
    help="A commit, or the folder of an assembly. Default: the merge base of HEAD and origin/HEAD.",
)
@click.option(
    "--head",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="The folder of an assembly. Default: the project as it is here.",
)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown, for a comment on a pull request.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object: each change with its stages.")
@click.option(
    "--fail-on",
    type=Parsed("gates", read_gates),
    default=frozenset(),
    metavar="WHAT,…",
    help="Exit with 1 on any of permissions, removed, replaced, secrets.",
)
@with_console
def diff(
    console: Console, base: str | None, head: Path | None, as_markdown: bool, as_json: bool, fail_on: frozenset[FailOn]
) -> int:
    """Show what a change does to each batch: two declarations compared, in words.

    The base is checked out into a temporary work tree and synthesized with what is installed here. What is not
    committed counts. AWS is not asked, unlike by cdk diff: no credentials are needed, and what was changed by hand in
    an account is not seen.

    Preview: its options and its output may still change.
    """
    if as_markdown and as_json:
        raise UsageError("--markdown and --json do not go together: one of them is printed", hint="Leave one out")
    project = find_project(Path.cwd())
    with SignalWaiter(console.note) as waiter:
        differ = Differ(project=project, waiter=waiter, tell=console, now=datetime.now(UTC))
        changes, compared = differ.compare(base, head)
    if as_json:
        console.print_json(data(changes, compared, fail_on))
    else:
        document = page(changes, compared)
        if as_markdown:
            console.print(comment(document, project.name).rstrip("\n"))
        else:
            console.print(terminal.write(document, terminal_width(1)))
    return _code(console, changes, fail_on)


def hits(changes: Sequence[Change], fail_on: frozenset[FailOn]) -> dict[FailOn, int]:
    """How many changes hit each gate of ``--fail-on``."""
    counts = {gate: sum(gate in change.gates for change in changes) for gate in FailOn if gate in fail_on}
    return {gate: count for gate, count in counts.items() if count}


def data(changes: Sequence[Change], compared: Compared, fail_on: frozenset[FailOn]) -> dict[str, object]:
    """All of it, for ``--json``."""
    return {
        "project": compared.project,
        "base": compared.base,
        "head": compared.head,
        "stages": list(compared.stages),
        "summary": summary(changes),
        "remarks": list(compared.remarks),
        "changes": [
            {
                change.about.kind: change.about.name,
                "stages": list(change.stages),
                "kind": str(change.kind),
                "text": change.text,
                "commands": list(change.commands),
                "gates": sorted(map(str, change.gates)),
            }
            for change in changes
        ],
        "failed_on": {str(gate): count for gate, count in hits(changes, fail_on).items()},
    }


def _code(console: Console, changes: Sequence[Change], fail_on: frozenset[FailOn]) -> int:
    counts_by_gate = hits(changes, fail_on)
    if not counts_by_gate:
        return 0
    counts = ", ".join(f"{gate} ({count} change{'s' if count > 1 else ''})" for gate, count in counts_by_gate.items())
    named = [f"{change.about.name}: {change.text}" for change in changes if not change.gates.isdisjoint(counts_by_gate)]
    more = [f"and {len(named) - NAMED} more"] if len(named) > NAMED else []
    console.note("\n".join([*named[:NAMED], *more]))
    console.note(f"exit 1: --fail-on {counts}")
    return 1
