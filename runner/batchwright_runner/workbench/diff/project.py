"""Synthesizes a project and its base, and compares the two."""

import os
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.settings.project import Project
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.workbench.diff.base import Base, checked_out, choose_base, head_label, project_in
from batchwright_runner.workbench.diff.changes import Change, Compared, fold
from batchwright_runner.workbench.diff.compare import compare
from batchwright_runner.workbench.diff.read import Assembly, read_assembly, read_two
from batchwright_runner.workbench.project.git import Git, git_of
from batchwright_runner.workbench.project.synth import begin, finish, stop

_SAME_LIBRARY = (
    "The base was synthesized with what is installed here: what another version of a library does differently is not "
    "in it."
)
_NO_PROJECT = "The base has no such project: all that there is is new."


@dataclass(frozen=True, slots=True, kw_only=True)
class Differ:
    """Compares a project with a base."""

    project: Project
    waiter: Waiter
    tell: Tell
    # The time from which on next due times count. With a time zone.
    now: datetime

    def compare(self, base: str | None, head: Path | None) -> tuple[list[Change], Compared]:
        """The changes, folded over stages; and what was compared."""
        git = git_of(self.project.root)
        chosen = choose_base(base, git, self.project.root)
        before, after, remarks = self._assemblies(chosen, git, head)
        label = f"the assembly {head}" if head else head_label(git, self.project.root)
        stages = self._in_order({*before.stages, *after.stages})
        changes = fold(compare(before, after, self.now), {**after.accounts, **before.accounts}, stages)
        return changes, Compared(self.project.name, chosen.label, label, stages, remarks)

    def _in_order(self, stages: set[str]) -> tuple[str, ...]:
        """Stages in the order of cdk.json, those that it does not have last."""
        declared = self.project.context.get("stages")
        order = list(declared) if isinstance(declared, dict) else []
        return tuple(sorted(stages, key=lambda stage: (order.index(stage) if stage in order else len(order), stage)))

    def _assemblies(self, base: Base, git: Git | None, head: Path | None) -> tuple[Assembly, Assembly, tuple[str, ...]]:
        """The two assemblies, synthesized at the same time where both must be."""
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="batchwright-diff-")))
            old: Project | None = None
            if base.commit and git is not None:
                tree = stack.enter_context(checked_out(git, base.commit))
                old = project_in(tree, git, self.project)
            makes = [] if head else [("the project", self.project, folder / "after")]
            makes += [(f"the base {base.label}", old, folder / "before")] if old else []
            self._synthesize(makes)
            after = head or folder / "after"
            if base.folder is None and old is None:
                return Assembly(), read_assembly(after), (_NO_PROJECT,)
            remarks = () if base.folder or head else (_SAME_LIBRARY,)
            return *read_two(base.folder or folder / "before", after), remarks

    def _synthesize(self, makes: list[tuple[str, Project, Path]]) -> None:
        if not makes:
            return
        begun = self.waiter.now()
        self.tell.note(f"synthesizing {' and '.join(title for title, _, _ in makes)} ...")
        with ExitStack() as stack:
            running = []
            for title, project, target in makes:
                process = begin(project, None, target, os.environ)
                stack.callback(stop, process)
                running.append((title, project, target, process))
            for title, project, target, process in running:
                try:
                    finish(process, project, target, self.waiter, os.environ)
                except RunnerError as error:
                    raise self._failed(title, project, error) from error
        self.tell.note(f"synthesized in {format_duration(self.waiter.now() - begun)}")

    def _failed(self, title: str, project: Project, error: RunnerError) -> RunnerError:
        if project is self.project or isinstance(error, InterruptedEarlyError):
            return error
        reason = str(error.args[0]).removeprefix("the batches cannot be synthesized: ")
        hint = "It may need what was installed then: name another --base, or the folder of an assembly made there"
        return RunnerError(f"{title} cannot be synthesized: {reason}", hint=hint)
