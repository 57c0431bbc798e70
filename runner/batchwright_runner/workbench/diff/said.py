"""Collects the changes of one batch or stack in one stage."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from batchwright_runner.workbench.diff.change import Change, ChangeSubject, Gate, Kind, When


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
        """Adds a change.

        Args:
            kind: What it is about.
            text: The sentence.
            when: When it takes effect.
            commands: What a person has to run because of it.
            gates: What of ``--fail-on`` it is.
            gone: It says that the batch is declared in no stage any more.
            come: It says that the batch or stack was declared in no stage before.
        """
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
