"""What a new project pins is what this version was tested with."""

import re
from pathlib import Path

from batchwright_runner.workbench.scaffold.project_files import ACTIONS, PINS

ROOT = Path(__file__).parents[4]


def test_packages_are_those_of_the_lock() -> None:
    locked = dict(re.findall(r"^([\w-]+)==([\w.]+)", (ROOT / "requirements/dev.txt").read_text(), re.MULTILINE))

    assert {name: locked[name] for name in PINS if name != "pip"} == {
        name: pin for name, pin in PINS.items() if name != "pip"
    }


def test_actions_are_those_of_our_own_workflows() -> None:
    files = [*ROOT.glob(".github/workflows/*.yml"), ROOT / "docs/ci/github-actions.yml"]
    used = {action for path in files for action in re.findall(r"uses: (\S+ # \S+)", path.read_text(encoding="utf-8"))}

    assert set(ACTIONS.values()) <= used
