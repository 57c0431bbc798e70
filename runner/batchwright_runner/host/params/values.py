"""The values of a stage, as the verbs of ``batchwright params`` see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from batchwright_runner.contract.batch_file import MARK
from batchwright_runner.contract.names import SHARED, StageNames
from batchwright_runner.errors import UsageError
from batchwright_runner.host.aws.retry import OPERATE_HINT
from batchwright_runner.host.params.compare import ComparedValue, compare
from batchwright_runner.host.params.declared import Declared, DeclaredValue, declared_in, find_value, folder
from batchwright_runner.host.params.present import PresentValue, read_folder, read_values, read_visible
from batchwright_runner.host.stage.all_manifests import Unusable, all_batches, say_left_out
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.task_definitions import read_variables
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.doing import doing
from batchwright_runner.host.terminal.text import did_you_mean


@dataclass(frozen=True, slots=True)
class Values:
    """The declared values of a stage, and the way to what is there."""

    stage: Stage
    declared: Mapping[str, DeclaredValue]
    batches: Sequence[str]
    # Whether the stage is, so that a person is asked first
    protected: bool = False
    # What its secrets are encrypted with, as its batches know it; empty where there is none
    key: str = ""
    # Batches whose manifests cannot be used: what they declare is not known
    unusable: Unusable = field(default_factory=Unusable)

    def rows(self, batch: str | None, *, shared: bool) -> list[ComparedValue]:
        """Declared against present: of a batch, of the shared values, or of all."""
        if batch is not None:
            self.check_batch(batch)
        below = f"{folder(self.stage.target, SHARED)}/" if shared else ""
        values = [
            value
            for path, value in self.declared.items()
            if path.startswith(below) and (batch is None or batch in value.users)
        ]
        present = self._present([SHARED] if shared else self.batches if batch is None else [batch])
        rest, hidden = self._rest(values, present)
        return compare(values, {**present, **rest}, hidden)

    def owner(self, batch: str | None, *, shared: bool) -> str:
        """Whose value is meant: a batch's, or the stage's shared one."""
        if shared == (batch is not None):
            raise UsageError("ambiguous: give a batch name, or --shared")
        if batch is None:
            return SHARED
        self.check_batch(batch)
        return batch

    def joined(self, coming: Declared) -> "Values":
        """These, and what batches declare that are not deployed yet, or not as they are declared now."""
        values = {
            path: replace(value, key=self.key or MARK) if value.key == MARK else value
            for path, value in declared_in(coming).items()
        }
        return replace(
            self,
            declared={**values, **self.declared},
            batches=sorted({*self.batches, *(manifest.batch for manifest, _ in coming)}),
            protected=self.protected or any(manifest.protected for manifest, _ in coming),
        )

    def find(self, owner: str, name: str) -> DeclaredValue:
        """The declared value of that name."""
        return find_value(self.declared, self.stage.target, owner, name)

    def check_any(self, what: str) -> None:
        """Refuses a stage without batches: its name may be another one's, or the credentials another region's.

        `what`: what did not happen: ``nothing was checked``.
        """
        if not self.batches:
            target = self.stage.target
            raise UsageError(f"{what}: stage {target.stage} has no batches", hint=self.stage.no_batches())

    def check_batch(self, batch: str) -> None:
        """Refuses the name of a batch that the stage does not have."""
        if batch in self.unusable:
            raise self.unusable[batch]
        if batch not in self.batches:
            raise UsageError(
                f"no such batch {batch!r}: stage {self.stage.target.stage} has no manifest of that name",
                hint=did_you_mean(batch, self.batches),
            )

    def _present(self, owners: Sequence[str]) -> dict[str, PresentValue]:
        """All that lies below these folders. A whole stage is read at once."""
        target = self.stage.target
        if len(owners) == 1:
            return read_folder(self.stage.aws, folder(target, owners[0]), self.stage.waiter)
        everything = read_folder(self.stage.aws, f"/{target.project}/{target.stage}", self.stage.waiter)
        folders = tuple(f"{folder(target, owner)}/" for owner in (*owners, SHARED))
        return {path: value for path, value in everything.items() if path.startswith(folders)}

    def _rest(
        self, values: Sequence[DeclaredValue], present: Mapping[str, PresentValue]
    ) -> tuple[dict[str, PresentValue], frozenset[str]]:
        """What is there beside them, and the names that cannot be seen: only what something else made may be hidden."""
        paths = [value.path for value in values if not value.out_of_reach and value.path not in present]
        ours = f"{StageNames.of(self.stage.target).path}/"
        own = read_values(self.stage.aws, [path for path in paths if path.startswith(ours)], self.stage.waiter)
        others, hidden = read_visible(
            self.stage.aws, [path for path in paths if not path.startswith(ours)], self.stage.waiter
        )
        return {**own, **others}, hidden


def read_declared(console: Console, at: Stage, batch: str | None = None, *, alone: bool = False) -> Values:
    """Reads what the batches of a stage declare. The account is checked first."""
    at.check_account()
    unusable: Unusable = {}
    with doing(console, f"reading what the batches of stage {at.target.stage} declare"):
        manifests = all_batches(at, hint=OPERATE_HINT, unusable=unusable)
        say_left_out(at.tell.note, unusable, manifests)
        at.say_where(at.target.account or (manifests[0].account if manifests else "unknown"), batch or "")
        declaring = [manifest for manifest in manifests if not alone or manifest.batch == batch]
        variables = read_variables(at.aws, [manifest.task_definition for manifest in declaring], at.waiter)
    declared = declared_in((manifest, variables[manifest.task_definition]) for manifest in declaring)
    protected = any(manifest.protected for manifest in manifests)
    key = next((manifest.key for manifest in manifests if manifest.key), "")
    return Values(at, declared, [manifest.batch for manifest in manifests], protected, key, unusable)
