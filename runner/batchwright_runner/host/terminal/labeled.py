"""A console for one of several things that go on at once."""

from collections.abc import Callable

from batchwright_runner.host.terminal.console import Console


class LabeledConsole(Console):
    """A console whose notes name what they are about: a step, or a due time."""

    def __init__(self, console: Console, label: str, *, alone: bool = False) -> None:
        self._console = console
        self._label = label
        self._alone = alone
        self.quiet = console.quiet
        self.live = console.live and alone

    def note(self, text: str) -> None:
        """Says one thing of it."""
        self._console.note(f"{self._label}: {text}")

    def keep(self, line: Callable[[], str] | None) -> None:
        """Draws a live line from now on, with the name before it; none for none."""
        if self._alone:
            self._console.keep(line and (lambda: f"{self._label}: {line()}"))

    def draw(self) -> None:
        """Brings the live line up to date."""
        if self._alone:
            self._console.draw()

    def hide(self) -> None:
        """Takes the live line away until it is drawn again."""
        if self._alone:
            self._console.hide()
