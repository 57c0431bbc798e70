"""Draws the README's picture of a run from the screens of tests/terminal; ``--check`` only says if it is up to date.

python docs/generate_picture.py [--check]

It fetches no font, and has a background of its own, so that it looks alike on light and dark pages.
"""

import sys
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from batchwright_runner import __version__
from batchwright_runner.host.terminal.text import columns

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.written import write

ROOT = Path(__file__).parents[1]
SCREENS = ROOT / "tests" / "terminal" / "screens"
COLUMNS = 100
COMMAND = ("run", "sales-check", "-s", "staging", "--run-id", "night")
"""The command whose screens they are."""
LAST_LINE = "data/sales.csv: 17 good rows, 3 bad"
"""The last line of its log."""

PICTURES = {
    "run.svg": ("while it runs", "at the end"),
    "run.ja.svg": ("実行中", "終了時"),
}
"""Picture to the titles of its windows."""
_INDENT = " " * 13
_ADDRESSES = tuple(f"{_INDENT}{name}: " for name in ("image", "task", "log"))
_LIVE, _CURSOR = "running · ", "▮"
_FILLED_IN = (
    ("N.N.N", __version__),
    ("0" * 32, "9f1c2d3e4b5a46d7a8c90e1f2a3b4c5d"),
    (
        "running · 0.0s · provisioning 0.0s, image pull 0.0s, starting 0.0s, running 0.0s",
        "running · 1m14s · {}, running 41.0s",
    ),
    ("time: ...", "time: {}, running 52.3s, stopping 2.4s"),
    ("{}", "provisioning 14.6s, image pull 16.8s, starting 1.6s"),
)
"""What screens have in the place of what is different each time, and what a run may show there."""

_CHARACTER, _ROW, _EDGE, _BAR = 8.4, 20, 16, 30
_WIDTH = round(COLUMNS * _CHARACTER) + 2 * _EDGE
_STYLE = (
    "rect{fill:#161b22;stroke:#768390}.bar{fill:#2d333b}text{white-space:pre;fill:#d1d9e0;"
    "font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}"
    ".dim{fill:#9aa4af}.typed{fill:#7ee787}.title{fill:#b6c0ca;font-family:system-ui,sans-serif;text-anchor:middle}"
)


def windows() -> tuple[list[str], list[str]]:
    """The rows of the run in progress, and those of its end, from the end of its log on."""
    now, end = (_screen(name) for name in ("picture_of_a_run", "picture_of_its_end"))
    after = end.index(LAST_LINE) + 1
    return [f"$ batchwright {' '.join(COMMAND)}", *_shown(now)], [LAST_LINE, *_shown(end[after:]), "$ echo $?", "3"]


def _screen(name: str) -> list[str]:
    _, *rows = (SCREENS / f"{name}-{COLUMNS}.txt").read_text(encoding="utf-8").splitlines()
    return [row for row in (row.rstrip(_CURSOR) for row in rows) if row]


def _shown(rows: Sequence[str]) -> Iterator[str]:
    """The rows with one in the place of addresses of AWS's console, which fill half of a screen."""
    left_out = False
    for number, row in enumerate(rows):
        goes_on = left_out and columns(rows[number - 1]) == COLUMNS
        if not (goes_on or row.startswith(_ADDRESSES)):
            left_out = False
            yield _filled(row)
        elif not left_out:
            left_out = True
            yield f"{_INDENT}⋮"


def _filled(row: str) -> str:
    for place, text in _FILLED_IN:
        row = row.replace(place, text)
    return row


def picture(titles: tuple[str, str]) -> str:
    """The picture, as SVG."""
    top, drawn = 1, []
    for title, rows in zip(titles, windows(), strict=True):
        height = _BAR + len(rows) * _ROW + _EDGE
        drawn += [
            f'<rect x="1" y="{top}" width="{_WIDTH - 2}" height="{height}" rx="8"/>',
            f'<path class="bar" d="M1 {top + _BAR}v-22a8 8 0 0 1 8-8h{_WIDTH - 18}a8 8 0 0 1 8 8v22z"/>',
            f'<text class="title" x="{_WIDTH / 2:g}" y="{top + 20}">{escape(title)}</text>',
            *(_text(row, top + _BAR + _ROW * (number + 1)) for number, row in enumerate(rows)),
        ]
        top += height + 10
    size = f'width="{_WIDTH}" height="{top - 8}" viewBox="0 0 {_WIDTH} {top - 8}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
            f"<style>{_STYLE}</style>",
            *drawn,
            "</svg>\n",
        ]
    )


def _text(row: str, y: int) -> str:
    """A row, which is as wide as its columns whatever the font's characters are."""
    text = row.lstrip()
    x = _EDGE + (len(row) - len(text)) * _CHARACTER
    kind = "typed" if text.startswith("$ ") else "dim" if text.startswith(_LIVE) else ""
    look = f' class="{kind}"' if kind else ""
    return f'<text{look} x="{x:g}" y="{y}" textLength="{columns(text) * _CHARACTER:g}">{escape(text)}</text>'


if __name__ == "__main__":
    sys.exit(write({ROOT / "docs/pictures" / name: picture(titles) for name, titles in PICTURES.items()}))
