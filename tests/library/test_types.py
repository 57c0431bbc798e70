"""A user's file is right for pyright, which Pylance is made of; what is wrong is an error of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.library.samples import ROOT

FILE = Path(__file__).with_name("users_file.py")


@pytest.mark.parametrize(
    ("right", "wrong", "error"),
    [
        ("", "", ""),
        ('production="forbid"', 'production="forbids"', "overlap"),
    ],
)
def test_pyright_on_a_users_file(tmp_path: Path, right: str, wrong: str, error: str) -> None:
    tmp_path.joinpath("app.py").write_text(FILE.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    paths = [str(ROOT / "constructs"), str(ROOT / "runner")]
    settings = {"include": ["app.py"], "extraPaths": paths, "typeCheckingMode": "standard"}
    tmp_path.joinpath("pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    found = [one["message"] for one in json.loads(done.stdout)["generalDiagnostics"] if one["severity"] == "error"]
    assert bool(found) == bool(error), found
    assert all(error in message for message in found)
