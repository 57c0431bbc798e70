"""What a look has found: how one thing stands, and what to do about it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from batchwright_runner.host.settings.setting import Setting
from batchwright_runner.host.terminal import fill
from batchwright_runner.host.terminal.text import one_line, visible


class Status(StrEnum):
    """How something stands.

    ``ok``: as it has to be. ``warn``: worth a look, and perhaps as it is meant. ``fail``: a run would not start, or not
    as declared; a verb would fail. ``unknown``: it could not be looked at, which is not ok.
    """

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding."""

    # What it belongs to: a batch, or a section such as ``machine``
    about: str
    # What was looked at, ``image``
    name: str
    status: Status
    # What was found, as a sentence without its full stop
    what: str
    # What to do about it, in the same form. Default: nothing.
    advice: str = ""
    # The IAM action that is missing; for ``unknown`` only
    permission: str = ""
    # The settings that it is about. Default: none.
    settings: Sequence[Setting] = ()

    @property
    def bad(self) -> bool:
        """Whether it fails, or could not be looked at."""
        return self.status in (Status.FAIL, Status.UNKNOWN)


def finding_lines(lead: str, texts: Iterable[str], width: int = 0) -> Iterator[str]:
    """Texts of a finding below one another, beside what leads them.

    `texts`: the texts; an empty one has no line.
    """
    for text in texts:
        whole = visible(one_line(text))
        room = max(fill.NARROWEST, width - len(lead))
        for line in fill.words(whole, room) if width else [whole] if whole else []:
            yield lead + line
            lead = " " * len(lead)
