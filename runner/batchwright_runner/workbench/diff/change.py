"""A change, as it is said to a person, and the list of those of one batch or stack."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, StrEnum


class Gate(StrEnum):
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
    NOBODY = "when someone starts it: no scheduler is declared"
    WORDS = "in what people read, with the deployment"


class Kind(StrEnum):
    """What a change is about, in the order in which changes of a batch are said."""

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


ORDER = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSubject:
    """What a change happens to.

    Attributes:
        kind: ``batch``, ``workflow`` or ``stack``.
        name: The name of the batch or workflow; what people call the stack, ``platform``.
    """

    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change.

    Attributes:
        about: What it happens to.
        kind: What it is about.
        text: The sentence, without a full stop.
        when: When it takes effect.
        stages: The stages in which it happens; empty for what is of no stage.
        commands: What a person has to run because of it.
        gates: What of ``--fail-on`` it is.
        gone: It says that the batch is declared in no stage any more.
        come: It says that the batch or stack was declared in no stage before.
    """

    about: ChangeSubject
    kind: Kind
    text: str
    when: When
    stages: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    gates: frozenset[Gate] = frozenset()
    gone: bool = False
    come: bool = False


@dataclass
class ChangeList:
    """The changes so far.

    Attributes:
        about: What they happen to.
        stage: The stage; empty for none.
        changes: The changes.
    """

    about: ChangeSubject
    stage: str = ""
    changes: list[Change] = field(default_factory=list)

    def say(
        self,
        kind: Kind,
        text: str,
        when: When = When.RUN,
        *,
        commands: Iterable[str] = (),
        gates: Iterable[Gate] = (),
        gone: bool = False,
        come: bool = False,
    ) -> None:
        """Adds a change. The arguments are its attributes."""
        stages = (self.stage,) if self.stage else ()
        self.changes.append(
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

    def permission(self, text: str, *, broader: bool, when: When = When.DEPLOY) -> None:
        """Adds a change of what someone may do. One that is broader is for the gate ``permissions``."""
        gates = [Gate.PERMISSIONS] if broader else []
        self.say(Kind.BROADER if broader else Kind.NARROWER, text, when, gates=gates)
