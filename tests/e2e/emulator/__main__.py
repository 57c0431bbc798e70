"""Starts the emulator with its patches; with ``--check``, only says whether they still fit."""

import sys
from importlib import import_module

from tests.e2e.emulator.events import EVENTS
from tests.e2e.emulator.machines import MACHINES
from tests.e2e.emulator.patches import PATCHES, apply, misfits
from tests.e2e.emulator.refusals import REFUSALS
from tests.e2e.emulator.workflows import WORKFLOWS

if __name__ == "__main__":
    patches = (*PATCHES, *MACHINES, *EVENTS, *REFUSALS, *WORKFLOWS)
    wrong = [problem for patch in patches for problem in misfits(patch)]
    if wrong or sys.argv[1:] == ["--check"]:
        sys.exit("\n".join(wrong) or 0)
    for patch in patches:
        apply(patch)
    import_module("ministack.app").main()
