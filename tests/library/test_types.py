"""A user's file is right for pyright, which Pylance is made of; what is wrong is an error of it."""

import json
import subprocess
import sys
from pathlib import Path

from tests.library.samples import ROOT

FILE = Path(__file__).with_name("users_file.py")


def test_pyright_on_a_users_file(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    tmp_path.joinpath("right.py").write_text(text, encoding="utf-8")
    planted = text.replace('production="forbid"', 'production="forbids"')
    tmp_path.joinpath("wrong.py").write_text(planted, encoding="utf-8")
    paths = [str(ROOT / "constructs"), str(ROOT / "runner")]
    settings = {"include": ["right.py", "wrong.py"], "extraPaths": paths, "typeCheckingMode": "standard"}
    tmp_path.joinpath("pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    diagnostics = [
        diagnostic for diagnostic in json.loads(done.stdout)["generalDiagnostics"] if diagnostic["severity"] == "error"
    ]
    assert {Path(diagnostic["file"]).name for diagnostic in diagnostics} == {"wrong.py"}
    assert all("overlap" in diagnostic["message"] for diagnostic in diagnostics)
