"""Guards of the tree: the two drawers, what is packed, what imports what, and the pinned dependencies.

The drawer ``constructs/`` has the name of a package that the project depends on. CONTRIBUTING.md says what goes wrong
when one of these tests is ignored.
"""

import importlib.util
import json
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.kit.imports import LIBRARY, ROOT, RUNNER, cycles, edges, imported_names, read_sources, unused_layers, up

DRAWERS = {"constructs": "batchwright", "runner": "batchwright_runner"}
LIBRARY_LAYERS = [
    ["origins"],
    ["errors", "cdk", "literal", "lookups", "tokens", "retain", "order"],
    ["names", "arns", "_start", "signatures", "schedule"],
    ["arguments"],
    ["task"],
    ["iam", "options", "terms", "timing"],
    ["functions"],
    ["assembly", "automation", "registry"],
    ["alerts"],
    ["stage"],
    ["plan"],
    ["batch", "workflows"],
    ["nag"],
    ["app"],
    ["testing"],
    ["__init__"],
]
"""The construct library's modules and folders from the bottom to the top; those of one line do not know each other."""
GROUND = [["contract", "_version"], ["__init__", "alerting", "errors"], ["machines"]]
HOST_FLOOR = [
    ["host.__init__"],
    ["host.cost"],
    ["host.runs"],
    ["host.terminal"],
    ["host.settings"],
    ["host.atomic_file", "host.aws", "host.config_files"],
    ["host.finding", "host.images", "host.stage"],
    ["host.params", "host.releases"],
    ["host.alerts", "host.fargate"],
    ["host.workflows"],
    ["host.again", "host.doctor", "host.missed", "host.verify"],
    ["host.backfill"],
]
WORKBENCH_FLOOR = [
    ["workbench.__init__"],
    ["workbench.files", "workbench.project"],
    ["workbench.exports", "workbench.images", "workbench.scaffold"],
    ["workbench.moving"],
    ["workbench.permissions"],
    ["workbench.page"],
    ["workbench.diff", "workbench.local"],
]
RUNNER_LAYERS = [*GROUND, *HOST_FLOOR, *WORKBENCH_FLOOR, ["commands"], ["early"], ["cli"], ["__main__", "testing"]]
"""The runner's modules and folders, in the same way: a ground and two floors; the host never imports the workbench."""
LOCKS = ["requirements/runner.txt", "requirements/run.txt", "requirements/dev.txt"]
CONTRACT = read_sources(ROOT / "runner" / "batchwright_runner" / "contract")
EMULATOR_LOCK = "requirements/e2e.txt"


@pytest.mark.parametrize("drawer", DRAWERS)
def test_a_drawer_holds_one_package_and_no_module(drawer: str) -> None:
    entries = {entry.name for entry in (ROOT / drawer).iterdir() if list(entry.rglob("*.py")) or entry.suffix == ".py"}

    assert entries == {DRAWERS[drawer]}


def test_constructs_is_the_package_that_cdk_needs() -> None:
    spec = importlib.util.find_spec("constructs")  # not imported: that starts Node

    assert spec is not None
    assert spec.origin is not None, "a folder without __init__.py was found, not the package"
    assert not Path(spec.origin).resolve().is_relative_to(ROOT / "constructs")


def test_no_folder_of_tests_is_called_constructs() -> None:
    assert not [path for path in (ROOT / "tests").rglob("constructs") if path.is_dir()]


def test_the_library_has_one_import_name() -> None:
    folders = ("batches", "bench", "constructs", "docs", "runner", "tests")
    imported = [imported_names(folder, read_sources(ROOT / folder)) for folder in folders]
    names = {name for modules in imported for found in modules.values() for name in found}

    assert len(names) > 1000
    assert {name for name in names if f"{name}.".startswith("constructs.batchwright.")} == set()


def test_the_runner_starts_without_the_library_and_without_node() -> None:
    code = "import sys, batchwright_runner.cli; print(*sorted({name.split('.')[0] for name in sys.modules}))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert "batchwright_runner" in loaded
    assert not {"aws_cdk", "batchwright", "constructs", "jsii"} & set(loaded)


def test_the_library_has_no_circle_and_no_import_goes_up() -> None:
    graph = edges("batchwright", LIBRARY)

    assert cycles(graph) == []
    assert up(graph, LIBRARY_LAYERS) == []
    assert unused_layers(graph, LIBRARY_LAYERS) == []


@pytest.mark.parametrize(
    ("module", "planted", "circle", "arrow"),
    [
        ("errors", "from batchwright.names import LOCAL", "errors -> names -> errors", "errors -> names"),
        ("plan", "if TYPE_CHECKING:\n    import batchwright.batch", "batch -> plan -> batch", "plan -> batch"),
        ("task.sizes", "def f():\n    import batchwright.plan", "plan -> task.sizes -> plan", "task.sizes -> plan"),
        ("iam.grants", "from batchwright.terms import Terms", None, "iam.grants -> terms"),
    ],
)
def test_an_import_planted_in_the_library_is_found(module: str, planted: str, circle: str | None, arrow: str) -> None:
    graph = edges("batchwright", {**LIBRARY, module: f"{LIBRARY[module]}\n{planted}\n"})

    assert cycles(graph) == ([circle] if circle else [])
    assert up(graph, LIBRARY_LAYERS) == [arrow]


def test_the_runners_imports_go_down_and_in_no_circle() -> None:
    graph = edges("batchwright_runner", RUNNER)

    assert len(graph) > 100
    assert cycles(graph) == []
    assert up(graph, RUNNER_LAYERS) == []
    assert unused_layers(graph, RUNNER_LAYERS) == []


@pytest.mark.parametrize(
    ("module", "planted", "imported"),
    [
        ("contract.names", "from batchwright_runner.errors import RunnerError", "errors"),
        ("host.stage.session", "from batchwright_runner.host.fargate.run import FargateRun", "host.fargate.run"),
        ("workbench.local.run", "def late():\n    from batchwright_runner.commands import run", "commands.run"),
        ("host.fargate.run", "import batchwright_runner.workbench.local.run", "workbench.local.run"),
    ],
)
def test_an_import_of_the_runner_that_goes_up_is_seen(module: str, planted: str, imported: str) -> None:
    graph = edges("batchwright_runner", {**RUNNER, module: f"{RUNNER[module]}\n{planted}\n"})

    assert up(graph, RUNNER_LAYERS) == [f"{module} -> {imported}"]


def test_the_library_takes_only_the_contract_and_the_version_from_the_runner() -> None:
    assert beyond_the_contract(imported_names("batchwright", LIBRARY)) == set()


@pytest.mark.parametrize(
    ("statement", "inside"),
    [
        ("import batchwright_runner", False),
        ("import batchwright_runner.contracts", False),
        ("from batchwright_runner import cli", False),
        ("def late():\n    from batchwright_runner.host.runs import verdict", False),
        ("from batchwright_runner import __version__", True),
        ("from batchwright_runner.contract import names", True),
        ("import batchwright_runner.contract.names", True),
        ("import batchwright_runners", True),
    ],
)
def test_what_goes_beyond_the_contract_is_seen(statement: str, inside: bool) -> None:
    assert (beyond_the_contract(imported_names("batchwright", {"module": statement})) == set()) == inside


def test_the_contract_takes_the_standard_library_only() -> None:
    assert beyond_the_standard_library(CONTRACT) == set()
    assert len(CONTRACT) > 5


@pytest.mark.parametrize(
    "statement", ["import boto3", "from batchwright_runner import errors", "def late():\n    import aws_cdk"]
)
def test_what_the_contract_may_not_take_is_seen(statement: str) -> None:
    text = f"import json\nfrom batchwright_runner.contract import names\n{statement}"

    assert len(beyond_the_standard_library({"module": text})) == 1


def test_the_wheel_holds_the_two_packages_and_nothing_else(tmp_path: Path) -> None:
    names = wheel_names(ROOT, tmp_path)

    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {*DRAWERS.values()}
    assert len(top) == len(DRAWERS) + 1
    assert not [name for name in names if name.endswith(".pth")]
    assert {f"{package}/py.typed" for package in DRAWERS.values()} <= set(names)


def test_the_sdist_makes_the_same_wheel_and_can_be_tested(tmp_path: Path) -> None:
    build("sdist", ROOT, tmp_path)
    [sdist] = tmp_path.glob("*.tar.gz")
    subprocess.run(["tar", "-xzf", sdist], cwd=tmp_path, check=True)
    unpacked = tmp_path / sdist.name.removesuffix(".tar.gz")

    assert wheel_names(unpacked, tmp_path / "from-sdist") == wheel_names(ROOT, tmp_path / "from-tree")
    needed = ["Makefile", ".ci/run", ".github/workflows/ci.yml", "app.py", "cdk.json", "tests/test_layout.py"]
    needed += ["batches/hello/app/hello.py", *LOCKS]
    assert not [name for name in needed if not (unpacked / name).is_file()]


@pytest.mark.parametrize("lock", [*LOCKS, EMULATOR_LOCK])
def test_a_lock_has_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")

    assert "://" not in text
    assert not [line for line in text.splitlines() if line.startswith("-")]
    entries = text.replace("\\\n", " ").splitlines()
    assert not [entry for entry in entries if "==" in entry and "--hash=sha256:" not in entry]


def test_the_locks_pin_the_same_versions() -> None:
    runner, run, dev = (pins(lock) for lock in LOCKS)

    assert runner.items() <= run.items() <= dev.items()


@pytest.mark.parametrize(
    ("lock", "extras", "groups"),
    [(LOCKS[0], [], ["build"]), (LOCKS[1], ["cdk"], ["build"]), (LOCKS[2], ["cdk", "local"], ["build", "dev"])],
)
def test_a_lock_has_what_the_project_asks_for(lock: str, extras: list[str], groups: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    asked += [entry for extra in extras for entry in project["project"]["optional-dependencies"][extra]]
    asked += [entry for group in groups for entry in project["dependency-groups"][group] if isinstance(entry, str)]

    pinned = pins(lock)

    missing = [
        str(one)
        for one in map(Requirement, asked)
        if not any(map(one.specifier.contains, pinned.get(canonicalize_name(one.name), ())))
    ]
    assert not missing, f"not in {lock}; run 'make lock'"


def test_the_emulator_is_the_one_that_its_patches_were_written_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = {one.name: one.specifier for one in map(Requirement, project["dependency-groups"]["e2e"])}

    pinned = pins(EMULATOR_LOCK)

    assert str(asked["ministack"]) == f"=={pinned['ministack'][0]}"
    assert not [name for name, specifier in asked.items() if not any(map(specifier.contains, pinned.get(name, ())))]


def test_the_lock_of_the_cdks_command_has_hashes_and_no_address() -> None:
    asked = json.loads((ROOT / "tests/e2e/package.json").read_text(encoding="utf-8"))["devDependencies"]
    text = (ROOT / "tests/e2e/package-lock.json").read_text(encoding="utf-8")

    packages = json.loads(text)["packages"]
    own = packages.pop("")

    assert "://" not in text
    assert own["devDependencies"] == asked
    assert {name: packages[f"node_modules/{name}"]["version"] for name in asked} == asked
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())


def build(target: str, source: Path, into: Path) -> None:
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", target, "-d", into], cwd=source, check=True)


def wheel_names(source: Path, into: Path) -> list[str]:
    build("wheel", source, into)
    [wheel] = into.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return sorted(archive.namelist())


def beyond_the_contract(imported: Mapping[str, set[str]]) -> set[str]:
    """What modules take from the runner and may not: all but the contract and the version."""
    names = {name for found in imported.values() for name in found if name.split(".")[0] == "batchwright_runner"}
    inside = {name for name in names if f"{name}.".startswith("batchwright_runner.contract.")}
    return names - inside - {"batchwright_runner.__version__"}


def beyond_the_standard_library(sources: Mapping[str, str]) -> set[str]:
    """What modules of the contract take and may not."""
    names = set().union(*imported_names("batchwright_runner.contract", sources).values())
    known = (name for name in names if name.split(".")[0] in sys.stdlib_module_names)
    return names - {name for name in names if f"{name}.".startswith("batchwright_runner.contract.")} - set(known)


def pins(lock: str) -> dict[str, tuple[str, ...]]:
    """The pinned versions by name: more than one where the lock distinguishes Pythons."""
    found: dict[str, tuple[str, ...]] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            name, version = line.split(";")[0].removesuffix("\\").strip().split("==")
            found[name] = (*found.get(name, ()), version.strip())
    return found


def test_what_the_runner_imports_is_in_the_base_install_or_in_the_extra_local() -> None:
    packages = {"yaml": "pyyaml", "urllib3": "boto3", "requests": "docker"}
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = [*declared["dependencies"], *declared["optional-dependencies"]["local"]]
    imported = {name.split(".")[0] for names in imported_names("batchwright_runner", RUNNER).values() for name in names}

    theirs = imported - sys.stdlib_module_names - {"batchwright_runner"}
    assert {packages.get(name, name) for name in theirs} == {canonicalize_name(Requirement(one).name) for one in listed}
