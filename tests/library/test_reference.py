"""docs/reference: names.md and iam.md are what the library says."""

import subprocess
import sys

from tests.library.samples import ROOT


def test_the_pages_of_names_and_grants_are_up_to_date() -> None:
    script = [sys.executable, "docs/generate_names.py", "--check"]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
