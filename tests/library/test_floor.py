"""The oldest Python and the oldest CDK: what is said below them, and options that only newer ones have."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App

from batchwright.cdk import known_options

ROOT = Path(__file__).parents[2]
OLDER = """
import runpy, sys
sys.version_info, sys.version = (3, 10, 13, "final", 0), "3.10.13 (main)"
sys.argv = sys.argv[1:]
run = runpy.run_path if sys.argv[0].endswith(".py") else runpy.run_module
run(sys.argv[0], run_name="__main__")
"""


def run(*command: str | Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    return subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("what", [str(ROOT / "app.py"), "batchwright_runner", "batchwright"])
def test_an_older_python_is_one_line_that_names_both(what: str) -> None:
    done = run("-c", OLDER, what)

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Python 3.11 or newer is needed, and 3.10.13 was found" in done.stderr


@pytest.mark.parametrize(
    ("name", "version"), [("aws-cdk-lib", "2.9.1"), ("aws-cdk-lib", "1.300.0"), ("constructs", "3.4.344")]
)
def test_an_older_cdk_is_one_line_that_names_both(tmp_path: Path, name: str, version: str) -> None:
    info = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    info.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")

    done = run(ROOT / "app.py", path=tmp_path)

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"batchwright: {name} ")
    assert f" or newer is needed, and {version} was found: pip install '{name}>=" in done.stderr


def test_an_option_that_this_cdk_does_not_have_is_left_out() -> None:
    options = known_options(analytics_reporting=False, no_cdk_has_this=True)

    assert options == {"analytics_reporting": False}
    App(**options)
