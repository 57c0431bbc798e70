"""Builds what a release uploads, and tries it.

    python -m tests.release [--tag v0.1.0] [--source URL] [--python 3.13]...

The distributions lie in dist/ afterwards. Without --tag it is a rehearsal: the changelog may still say Unreleased, and
Japanese pages may be stale. Ends with 1 where something is wrong; where CI is set, also where a Python is missing.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from batchwright_runner import __version__
from tests.release.build import ReleaseError, build_twice, check, check_changelog, check_tag, committed
from tests.release.tries import PYTHONS, try_all

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"


def say(text: str) -> None:
    """Says how far it is."""
    print(f"release: {text}", flush=True)


def check_pages(root: Path) -> None:
    """Looks whether the Japanese pages follow their sources.

    Raises:
        ReleaseError: Some do not.
    """
    done = subprocess.run([sys.executable, "docs/japanese.py"], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"Japanese pages do not follow their sources:\n{(done.stdout + done.stderr).strip()}")


def release(tag: str, source: str, pythons: list[str]) -> None:
    """Does it.

    Raises:
        ReleaseError: Something is wrong. dist/ is as it was.
    """
    commit = committed(ROOT)
    if tag:
        check_tag(tag, __version__)
        check_changelog((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), __version__)
        check_pages(ROOT)
    say(f"version {__version__} of commit {commit.name[:12]}")
    with tempfile.TemporaryDirectory(prefix="release-") as work:
        built = build_twice(ROOT, commit, Path(work), source)
        say("built twice, byte for byte the same")
        check(built)
        say("metadata, description and the wheel's files are in order")
        missing = try_all(built, __version__, say, pythons)
        if missing and os.environ.get("CI"):
            raise ReleaseError(f"Python {', '.join(missing)} is not here, and CI must try every one")
        shutil.rmtree(DIST, ignore_errors=True)
        shutil.copytree(built, DIST)
    for path in sorted(DIST.iterdir()):
        say(f"dist/{path.name}, {path.stat().st_size:,} bytes")
    if missing:
        say(f"not tried here: Python {', '.join(missing)}, which this machine does not have")


def main() -> int:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="make release")
    parser.add_argument("--tag", default="")
    parser.add_argument("--source", default="")
    parser.add_argument("--python", dest="pythons", action="append", choices=PYTHONS)
    options = parser.parse_args()
    try:
        release(options.tag, options.source, options.pythons or list(PYTHONS))
    except ReleaseError as error:
        print(f"make release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
