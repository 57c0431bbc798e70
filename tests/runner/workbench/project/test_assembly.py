import threading
from dataclasses import replace
from pathlib import Path

import pytest

from batchwright_runner.errors import InterruptedEarlyError, RunnerError, UsageError
from batchwright_runner.host.settings.project import Project, find_project
from batchwright_runner.workbench.project.assembly import Assemblies
from batchwright_runner.workbench.project.inputs import fingerprint
from tests.kit.fakes import FakeWaiter, Notes


class Synth:
    """Counts, and writes a file."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.fail = False
        self.takes = 0.0

    def __call__(self, stage: str, target: Path) -> None:
        self.calls.append(stage)
        threading.Event().wait(self.takes)
        if self.fail:
            raise RunnerError("a mistake")
        (target / "made").write_text(str(len(self.calls)))


def assemblies(root: Path, synth: Synth, print_: list[str]) -> Assemblies:
    return Assemblies(
        Project(root, "true", {}),
        fingerprint=lambda stage: stage + print_[0],
        synthesize=synth,
        waiter=FakeWaiter(),
        tell=Notes(),
    )


def content(folder: Path) -> str:
    return (folder / "made").read_text()


def test_it_is_made_once_and_again_when_an_input_changes(tmp_path: Path) -> None:
    synth, inputs = Synth(), ["a"]
    kept_assemblies = assemblies(tmp_path, synth, inputs)

    assert [kept_assemblies.read("local", content) for _ in range(2)] == ["1", "1"]
    inputs[0] = "b"
    assert kept_assemblies.read("local", content) == "2"
    assert kept_assemblies.read("staging", content) == "3"
    assert synth.calls == ["local", "local", "staging"]


def test_a_failure_leaves_the_old_one_and_no_litter(tmp_path: Path) -> None:
    synth, inputs = Synth(), ["a"]
    kept_assemblies = assemblies(tmp_path, synth, inputs)
    kept_assemblies.read("local", content)
    synth.fail, inputs[0] = True, "b"

    with pytest.raises(RunnerError, match="a mistake"):
        kept_assemblies.read("local", content)

    assert sorted(path.name for path in (tmp_path / ".batchwright/assembly").iterdir()) == ["local", "local.lock"]
    inputs[0] = "a"
    assert kept_assemblies.read("local", content) == "1"


def test_a_folder_without_its_record_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / ".batchwright/assembly/local").mkdir(parents=True)
    synth = Synth()

    assert assemblies(tmp_path, synth, ["a"]).read("local", content) == "1"


def test_two_at_once_make_it_once(tmp_path: Path) -> None:
    synth = Synth()
    synth.takes = 0.3
    gate = threading.Barrier(4)
    got: list[str] = []

    def read() -> None:
        with_own = replace(assemblies(tmp_path, synth, ["a"]), waiter=_Real())
        gate.wait()
        got.append(with_own.read("local", content))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert got == ["1"] * 4
    assert synth.calls == ["local"]


class _Real(FakeWaiter):
    def wait(self, seconds: float, read: object = (), write: object = ()) -> None:
        del read, write
        threading.Event().wait(min(seconds, 0.02))


def test_a_signal_ends_the_wait_for_another_run(tmp_path: Path) -> None:
    inner = replace(assemblies(tmp_path, Synth(), ["b"]), waiter=FakeWaiter(at={0.0: 15}))

    def outer(stage: str, target: Path) -> None:
        del stage, target
        inner.read("local", content)

    kept_assemblies = replace(assemblies(tmp_path, Synth(), ["a"]), synthesize=outer)

    with pytest.raises(InterruptedEarlyError) as caught:
        kept_assemblies.read("local", content)
    assert caught.value.exit_code == 143


def test_a_project_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / ".batchwright").write_text("a file")

    with pytest.raises(RunnerError, match=r"no assembly can be kept in .*\.batchwright/assembly"):
        assemblies(tmp_path, Synth(), ["a"]).read("local", content)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {
        "project/cdk.json": "{}",
        "project/app.py": "1",
        "project/batches/__init__.py": "",
        "project/batches/hello/batch.py": "2",
        "project/batches/hello/app/main.py": "3",
        "project/batches/hello/__pycache__/batch.pyc": "4",
        "project/batches/hello/local.env": "5",
        "project/batches/hello/templates/app/x": "6",
        "library/__init__.py": "7",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def printed(project: Path, stage: str = "local") -> str:
    return fingerprint(project / "project", stage, project / "library")


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("project/cdk.json", True),
        ("project/app.py", True),
        ("project/batches/__init__.py", True),
        ("project/batches/hello/batch.py", True),
        ("project/batches/hello/templates/app/x", True),
        ("project/batches/new/batch.py", True),
        ("project/batches/new/app/main.py", True),
        ("library/__init__.py", True),
        ("library/new.py", True),
        ("project/batches/hello/app/main.py", False),
        ("project/batches/hello/app/deep/new.py", False),
        ("project/batches/hello/__pycache__/batch.pyc", False),
        ("project/batches/hello/local.env", False),
        ("project/README.md", False),
        ("library/__pycache__/x.pyc", False),
    ],
)
def test_what_an_assembly_is_made_from_counts_and_nothing_else(project: Path, name: str, *, counts: bool) -> None:
    before = printed(project)
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text("changed")

    assert (printed(project) != before) is counts


def test_stage_moves_and_removals_count(project: Path) -> None:
    before = printed(project)

    assert printed(project, "staging") != before
    (project / "project/batches/hello/batch.py").rename(project / "project/batches/hello/other.py")
    assert printed(project) != before
    assert fingerprint(project / "project", "local", None) != printed(project)


def test_the_project_is_the_nearest_folder_upward(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text('{"app": "outer"}')
    inner = tmp_path / "inner" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "inner" / "cdk.json").write_text('{"app": "inner", "context": {"a": 1}}')

    found = find_project(inner)

    assert (found.root, found.app, found.context) == (tmp_path / "inner", "inner", {"a": 1})


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"app": 1}', '{"app": "x", "context": []}'])
def test_a_cdk_json_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "cdk.json").write_text(text)

    with pytest.raises(RunnerError, match=r"cdk\.json cannot be") as caught:
        find_project(tmp_path)
    assert caught.value.exit_code == 125


def test_no_project_is_a_usage_error_that_says_what_to_do() -> None:
    with pytest.raises(UsageError, match=r"no project here: .*Change into the folder"):
        find_project(Path("/proc"))
