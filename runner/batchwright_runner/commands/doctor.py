"""``batchwright doctor``: looks at this machine, this project and the way to AWS."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from batchwright_runner.commands.options import json_option, more, stage_option_with, with_console
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.aws.client import Clients
from batchwright_runner.host.aws.config import find_stage, read_sources
from batchwright_runner.host.doctor.access import AwsAccess
from batchwright_runner.host.doctor.machine import Machine
from batchwright_runner.host.doctor.settings import settings_found
from batchwright_runner.host.finding import Finding, Status, finding_lines
from batchwright_runner.host.runs.run_options import BACKENDS
from batchwright_runner.host.runs.signals import SignalWaiter, end_if_told
from batchwright_runner.host.settings.batchwright_toml import places
from batchwright_runner.host.settings.project import NO_ACCOUNT, find_project
from batchwright_runner.host.terminal.console import STDOUT, Console, is_terminal, terminal_width
from batchwright_runner.host.terminal.doing import doing

NOT_LOOKED = Finding(
    about="aws", name="stages", status=Status.UNKNOWN, what="no stage has an account and a region yet: not looked at"
)
_STATE, _NAME = 8, 22


@click.command(
    epilog=more(
        "docs/tutorial.md#when-something-is-missing", "batchwright doctor", "batchwright doctor -s staging --json"
    )
)
@stage_option_with("Default: all stages.")
@click.option("--local", is_flag=True, help="Look only at what runs on this machine need.")
@json_option
@with_console
def doctor(console: Console, stage: str | None, local: bool, as_json: bool) -> int:
    """Look at this machine, this project and the way to AWS, and say what to do.

    Each setting with what says it and what that overrides; the app's Python, Node, the CDK's command, the container
    engine; credentials, and in which stages they may start something. It changes nothing. Exits with 0, or with 1 if
    something has to be done.
    """
    findings: list[Finding] = []
    with SignalWaiter(console.note) as waiter, doing(console, "looking at this machine and the way to AWS"):
        for finding in _look(stage, local=local):
            end_if_told(waiter)
            if not as_json:
                _show(console, finding, new=not findings or findings[-1].about != finding.about)
            findings.append(finding)
    if as_json:
        console.print_json([entry_of(finding) for finding in findings])
    states = [finding.status for finding in findings]
    counts = {"to fix": states.count(Status.FAIL), "to look at": states.count(Status.WARN)}
    console.note(", ".join(f"{count} {what}" for what, count in counts.items() if count) or "all is well")
    return int(Status.FAIL in states)


def _look(stage: str | None, *, local: bool) -> Iterator[Finding]:
    folder = Path.cwd()
    try:
        sources = read_sources(folder=folder, environment=os.environ)
        if stage:
            find_stage(stage, folder=folder, environment=os.environ)  # an unknown one is an error
        stages = [stage] if stage else list(sources.stages())
        others = [place for place in places(folder, os.environ) if place.is_file() and place != sources.toml.path]
        yield from settings_found(sources, stages, list(dict.fromkeys(others)), lambda path: _shown(path, folder))
        ours = sources.cdk_json is not None and sources.cdk_json.is_ours
        project = find_project(folder) if ours else None
        targets = [find_stage(name, folder=folder, environment=os.environ) for name in stages]
    except UsageError:
        raise
    except RunnerError as error:
        text = str(error.args[0])
        yield Finding(
            about="settings", name="files", status=Status.FAIL, what=text, advice=error.hint or "Correct the file"
        )
        return
    root = project.root if project else folder
    yield from Machine.of(os.environ, root, _engine).findings(project)
    if local:
        return
    reachable = [target for target in targets if target.region and target.account != NO_ACCOUNT]
    if not reachable:
        yield NOT_LOOKED
    yield from AwsAccess(Clients, by_name=bool(stage)).findings(reachable)


def _engine() -> tuple[str, Sequence[str]]:
    from batchwright_runner.workbench.local.backends import choose_backend, find_engine  # a checkout's, for this alone

    named = os.environ.get("BATCHWRIGHT_BACKEND") or "auto"
    backends = [backend for backend in BACKENDS if backend == named]
    if not backends:
        raise UsageError(f"BATCHWRIGHT_BACKEND is {named}, and not one of {', '.join(BACKENDS)}", hint="Correct it")
    choice = choose_backend(backends[0], lambda kind: find_engine(kind, os.environ))
    return choice.engine.name if choice.engine else "", choice.notes


def _shown(source: str, folder: Path) -> str:
    """A file relative to this folder, where it is in it."""
    path = Path(source)
    return str(path.relative_to(folder)) if source.startswith("/") and path.is_relative_to(folder) else source


def entry_of(finding: Finding) -> Mapping[str, Any]:
    """A finding as ``--json`` prints it."""
    return {
        "section": finding.about,
        "name": finding.name,
        "state": str(finding.status),
        "text": finding.what,
        "remedy": finding.advice,
        **({"settings": [asdict(setting) for setting in finding.settings]} if finding.settings else {}),
    }


def _show(console: Console, finding: Finding, *, new: bool) -> None:
    if new:
        console.print(finding.about)
    lead = f"  {finding.status:{_STATE}} {finding.name:{_NAME}} "
    width = terminal_width(STDOUT) if is_terminal(STDOUT) else 0
    texts = (finding.what, finding.advice and f"→ {finding.advice}")
    console.print("\n".join(finding_lines(lead, texts, width if width >= len(lead) + 30 else 0)))
