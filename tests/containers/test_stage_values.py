"""A stage's values in containers: who gets which, and that they lie nowhere else."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.backends import not_as_process
from tests.containers.cases import Cases, Project, read_line, read_until
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.command import Done, finish

REGION = "ap-northeast-1"
CANARY = "c4n4ry"
ERP = f"arn:aws:secretsmanager:{REGION}:111111111111:secret:erp-AbCdEf"


@pytest.fixture
def aws(project: Project) -> Iterator[AwsServer]:
    """The stage's account, with the cases' stage in it."""
    with AwsServer(account="111111111111", region=REGION) as server:
        for batch in ("staged", "staged-alone", "staged-gone"):
            definition = f"arn:aws:ecs:{REGION}:111111111111:task-definition/{project.name}-staging-{batch}:1"
            fields = {"project": project.name, "region": REGION, "cluster": f"{project.name}-staging"}
            server.deploy(sample_manifest(batch, **fields, task_definition=definition))
            own = f"/{project.name}/staging/{batch}"
            server.put_parameter(f"{own}/PASSWORD", f"{CANARY}-p", "SecureString")
        server.put_parameter(f"/{project.name}/staging/staged/TO", "changed by hand")
        server.put_parameter(f"/{project.name}/staging/shared/LEVEL", "7")
        server.put_parameter(f"/{project.name}/staging/shared/SHARED_KEY", f"{CANARY}-s", "SecureString")
        server.put_parameter("/other/name", "other")
        server.put_parameter("/legacy/key", f"{CANARY}-l", "SecureString")
        server.put_secret(ERP, json.dumps({"user": f"{CANARY}-u", "port": 5432}))
        yield server


@pytest.fixture
def filed(project: Project) -> Iterator[None]:
    """Values of this machine, which the stage's win over."""
    file = project.root / "batches/staged/local.env"
    file.write_text("PASSWORD=mine\n")
    yield
    file.unlink()


def options(cases: Cases, *more: str) -> list[str]:
    return ["-s", "staging", "--use-values", "--image", cases.project.image, *more]


def run(cases: Cases, aws: AwsServer, batch: str, *more: str) -> Done:
    return cases.run(batch, *options(cases, *more), env=aws.environ())


@not_as_process("network")
@pytest.mark.usefixtures("filed")
def test_each_container_gets_its_values_of_every_kind(cases: Cases, aws: AwsServer) -> None:
    done = run(cases, aws, "staged", "--all-containers")
    lines = done.text.splitlines()

    assert done.code == 0, done.err
    assert [one.removeprefix("main | ") for one in lines if one.startswith("main | ")] == [
        "one to=changed by hand level=7 else=other",
        f"{CANARY}-p-{CANARY}-s-{CANARY}-l-{CANARY}-u-5432-declared",
        "1000",
        f"password = {CANARY}-p",
    ]
    assert f"side | renamed={CANARY}-p" in lines
    assert "with 9 values of stage staging, read as arn:aws:sts::111111111111:" in done.err
    assert "batches/staged/local.env sets PASSWORD: the stage's are used, and -e would win" in done.err
    assert CANARY not in done.err


@not_as_process("network")
def test_what_is_given_for_the_run_wins_and_is_masked_in_what_to_do_next(cases: Cases, aws: AwsServer) -> None:
    given = f"PASSWORD={CANARY}-given"
    done = run(cases, aws, "staged", "-e", given, "--", "sh", "-c", 'echo "$PASSWORD $ERP_USER"; exit 3')

    assert (done.code, done.text) == (3, f"{CANARY}-given {CANARY}-u\n"), done.err
    assert "--use-values" in done.err
    assert CANARY not in done.err


@not_as_process("network")
def test_the_values_are_on_no_command_line_in_no_file_and_in_no_inspect(cases: Cases, aws: AwsServer) -> None:
    result = cases.root / "result.json"
    process = cases.start("staged", *options(cases, "-e", "STAY=yes", "--result", str(result)), env=aws.environ())
    read_until(process, "up")
    inspected = json.dumps([*cases.running().values(), *_engine_knows(cases)])
    commands = [one for one in _contents(Path("/proc").glob("[0-9]*/cmdline")) if CANARY.encode() in one]
    places = [Path(one["Mountpoint"]) for one in cases.engine.get("/volumes")["Volumes"] or () if _ours(cases, one)]
    disks = [one for one in places if _on_disk(one)]
    files = [one for root in (cases.root, *disks, Path("/run/docker/containerd"), *_kept(cases)) for one in _with(root)]
    process.terminate()
    done = finish(process)

    assert "/.batchwright" in inspected  # it was looked at while it ran
    assert CANARY not in inspected
    assert commands == []
    assert places, "no volume was looked at"
    assert files == []
    assert CANARY not in done.err
    assert CANARY not in result.read_text()
    result.unlink()


@not_as_process("network")
def test_an_images_own_entry_point_and_command_are_run(cases: Cases, aws: AwsServer) -> None:
    done = cases.run(
        "staged-alone", "-s", "staging", "--use-values", "--", "echo $PASSWORD $FROM_IMAGE; pwd; cat", env=aws.environ()
    )

    assert (done.code, done.text) == (0, f"{CANARY}-p yes\n/owned\n"), done.err


@not_as_process("network")
def test_a_program_that_is_not_there_never_started(cases: Cases, aws: AwsServer) -> None:
    done = run(cases, aws, "staged-gone")

    assert (done.code, done.out) == (126, b""), done.err
    assert "CannotStartContainerError: '/no/such/program'" in done.err


@not_as_process("network")
def test_signals_and_codes_are_those_of_the_command(cases: Cases, aws: AwsServer) -> None:
    script = "trap 'echo told; exit 7' TERM; echo $$; i=0; while [ $i -lt 600 ]; do sleep 0.05; i=$((i+1)); done"
    process = cases.start("staged-gone", *options(cases), "--", "sh", "-c", script, env=aws.environ())
    assert read_line(process).isdigit()
    process.terminate()
    done = finish(process)

    assert done.code == 143, done.err
    assert done.text == "told\n"
    assert "7" in done.err


@not_as_process("network")
def test_two_runs_at_once_have_each_their_own(cases: Cases, aws: AwsServer) -> None:
    script = "echo $PASSWORD; sleep 2; echo $PASSWORD"
    first = cases.start("staged-gone", *options(cases), "--", "sh", "-c", script, env=aws.environ())
    second = cases.start(
        "staged-alone", "-s", "staging", "--use-values", "-e", "PASSWORD=other", "--", script, env=aws.environ()
    )

    assert finish(first).text == f"{CANARY}-p\n" * 2
    assert finish(second).text == "other\n" * 2


def _engine_knows(cases: Cases) -> Iterator[object]:
    """All that the engine lists of the project: containers, volumes, images, and the daemon's own words."""
    filters = {"label": [cases.project.label]}
    yield cases.engine.containers(filters)
    yield cases.engine.get("/volumes", filters)
    for one in cases.engine.containers(filters):
        for way in ("top", "changes"):
            yield str(cases.engine.get(f"/containers/{one['Id']}/{way}"))


def _ours(cases: Cases, volume: dict[str, object]) -> bool:
    labels = volume.get("Labels") or {}
    return isinstance(labels, dict) and labels.get("batchwright.project") == cases.project.name


def _on_disk(folder: Path) -> bool:
    """Whether a folder lies on a disk: a file system in memory is a mount of its own."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return not any(mount[1] == str(folder) and mount[2] == "tmpfs" for mount in mounts)


def _kept(cases: Cases) -> list[Path]:
    """Where the engine keeps what it knows of containers."""
    if cases.backend.name == "docker":
        return [Path("/var/lib/docker/containers"), Path("/var/lib/docker/volumes/metadata.db")]
    return [
        Path("/var/lib/containers/storage/overlay-containers"),
        Path("/var/lib/containers/storage/vfs-containers"),
        Path("/var/lib/containers/storage/db.sql"),
        Path("/run/containers"),
    ]


def _with(root: Path) -> list[Path]:
    """The files below a folder that hold the canary."""
    found = [root] if root.is_file() else [one for one in root.rglob("*") if one.is_file()]
    return [one for one in found if CANARY.encode() in next(iter(_contents([one])), b"")]


def _contents(paths: "Iterator[Path] | list[Path]") -> Iterator[bytes]:
    for path in paths:
        try:
            yield path.read_bytes()
        except OSError:
            continue
