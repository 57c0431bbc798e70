"""Starts the emulator with its patches; with ``--check``, only says whether they still fit."""

import sys
from importlib import import_module

from tests.e2e.emulator.patches import PATCHES, apply, misfits

if __name__ == "__main__":
    for more in ("machines", "events", "refusals", "workflows"):
        import_module(f"tests.e2e.emulator.{more}")
    wrong = [problem for patch in PATCHES for problem in misfits(patch)]
    if wrong or sys.argv[1:] == ["--check"]:
        sys.exit("\n".join(wrong) or 0)
    for patch in PATCHES:
        apply(patch)
    import_module("ministack.app").main()
