"""Says which Japanese pages no longer follow their English source; exits with 1 if any does not.

The second line of a Japanese page names its source, and the first twelve digits of the SHA-256 of the text that
was translated. `--update PAGE…` writes the digits anew, once the translation has been brought up to date.

python docs/japanese.py [--update PAGE…]
"""

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = {
    Path("README.ja.md"): Path("README.md"),
    **{Path("docs/ja", f"{name}.md"): Path("docs", f"{name}.md") for name in ("tutorial", "add-a-batch", "on-call")},
}
"""Each Japanese page, and the page that it says the same as."""
_SOURCE = re.compile(r"<!-- source: (?P<source>\S+) (?P<hash>[0-9a-f]{12}) -->")


def hash_of(page: Path) -> str:
    """The digits that stand for a page's text."""
    return hashlib.sha256(page.read_bytes()).hexdigest()[:12]


def stale(root: Path = ROOT) -> Iterator[str]:
    """A line for each Japanese page that is missing, names no source, or was made from another text of its source."""
    for page, source in PAGES.items():
        if not (root / page).is_file():
            yield f"{page}: there is none yet; its source is {source}"
            continue
        found = _SOURCE.search((root / page).read_text(encoding="utf-8"))
        if found is None or found["source"] != str(source):
            yield f"{page}: it does not name its source: <!-- source: {source} {hash_of(root / source)} -->"
        elif found["hash"] != hash_of(root / source):
            yield f"{page}: {source} has changed since: git log -p {source}"


def update(page: Path, root: Path = ROOT) -> None:
    """Writes into a Japanese page that it follows its source as that is now.

    Raises:
        KeyError: It is no Japanese page.
    """
    source = PAGES[page]
    line = f"<!-- source: {source} {hash_of(root / source)} -->"
    text = (root / page).read_text(encoding="utf-8")
    text = _SOURCE.sub(line, text) if _SOURCE.search(text) else text.replace("\n", f"\n{line}\n", 1)
    (root / page).write_text(text, encoding="utf-8")


def main() -> int:
    """Updates, or lists."""
    if sys.argv[1:2] == ["--update"]:
        for page in sys.argv[2:]:
            update(Path(page))
        return 0
    lines = list(stale())
    sys.stdout.writelines(f"{line}\n" for line in lines)
    if lines:
        sys.stderr.write("docs/japanese.py: bring these up to date, then: python docs/japanese.py --update PAGE\n")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
