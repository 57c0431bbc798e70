"""docs/reference: names.md and iam.md are what the library says."""

import runpy
import sys

import pytest

from tests.library.samples import ROOT


def test_the_pages_of_names_and_grants_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    script = ROOT / "docs/generate_names.py"
    monkeypatch.setattr(sys, "argv", [str(script), "--check"])
    monkeypatch.syspath_prepend(script.parent)

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(script), run_name="__main__")

    assert not ended.value.code
