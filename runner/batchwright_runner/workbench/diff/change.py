"""A change, as a person reads it, and the list of those of one batch or stack."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from batchwright_runner.workbench.diff.wording import became, leaves


class FailOn(StrEnum):
    """What ``--fail-on`` can name."""

    PERMISSIONS = "permissions"
    REMOVED = "removed"
    REPLACED = "replaced"
    SECRETS = "secrets"


class When(Enum):
    """When a change takes effect, as a person reads it."""

    RUN = "with the next run after the deployment; a run in progress goes on unchanged"
    DEPLOY = "with the deployment"
    EXPORT = "when the jobs are exported and loaded again"
    STAY = "nothing that is deployed changes by itself"
    OTHER = "when you change it there too: nothing is exported for that scheduler"
    NOBODY = "when someone starts it: no scheduler is declared"
    WORDS = "in what people read, with the deployment"


class Topic(StrEnum):
    """What a change is about, in the order in which changes of a batch are listed."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    BROADER = "permission broader"
    REPLACED = "replaced"
    SECRET = "secret"  # noqa: S105 - a kind of change
    SCHEDULE = "schedule"
    ALERT = "alert"
    SIZE = "size"
    RUN = "run"
    VALUE = "value"
    CONTAINER = "container"
    NETWORK = "network"
    NARROWER = "permission narrower"
    COST = "cost"
    RESOURCE = "resource"
    ABOUT = "about"


ORDER = {kind: place for place, kind in enumerate(Topic)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSubject:
    """What a change happens to."""

    # ``batch``, ``workflow`` or ``stack``
    kind: str
    # The name of the batch or workflow; what people call the stack, ``platform``
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change."""

    about: ChangeSubject
    kind: Topic
    # The sentence, without a full stop
    text: str
    when: When
    # The stages in which it happens; empty for what is of no stage
    stages: tuple[str, ...] = ()
    # What a person has to run because of it
    commands: tuple[str, ...] = ()
    gates: frozenset[FailOn] = frozenset()
    # It says that the batch is declared in no stage any more
    gone: bool = False
    # It says that the batch or stack was declared in no stage before
    come: bool = False


@dataclass
class ChangeList:
    """The changes so far."""

    about: ChangeSubject
    # The stage; empty for none
    stage: str = ""
    entries: list[Change] = field(default_factory=list)

    def add(
        self,
        kind: Topic,
        text: str,
        when: When = When.RUN,
        *,
        commands: Iterable[str] = (),
        gates: Iterable[FailOn] = (),
        gone: bool = False,
        come: bool = False,
    ) -> None:
        """Adds a change. The arguments are its attributes."""
        stages = (self.stage,) if self.stage else ()
        self.entries.append(
            Change(
                about=self.about,
                kind=kind,
                text=text,
                when=when,
                stages=stages,
                commands=tuple(commands),
                gates=frozenset(gates),
                gone=gone,
                come=come,
            )
        )

    def add_leaves(
        self, kind: Topic, what: str, before: object, after: object, when: When = When.RUN, *, path: str = ""
    ) -> None:
        """Adds each place where two values differ: ``task definition, networkMode: awsvpc → bridge``."""
        for place, old, new in leaves(before, after, path):
            self.add(kind, f"{what}{f' {place}' if place else ''}: {became(old, new)}", when)

    def permission(self, text: str, *, broader: bool, when: When = When.DEPLOY) -> None:
        """Adds a change of what someone may do. One that is broader is for the gate ``permissions``."""
        gates = [FailOn.PERMISSIONS] if broader else []
        self.add(Topic.BROADER if broader else Topic.NARROWER, text, when, gates=gates)
