"""A stage's values in containers: which of them each gets, and that they are nowhere else."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.backends import not_as_process
from tests.containers.cases import Cases, Project, contents, read_until
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
        definition = f"arn:aws:ecs:{REGION}:111111111111:task-definition/{project.name}-staging-staged:1"
        fields = {"project": project.name, "region": REGION, "cluster": f"{project.name}-staging"}
        server.deploy(sample_manifest("staged", **fields, task_definition=definition))
        server.put_parameter(f"/{project.name}/staging/staged/PASSWORD", f"{CANARY}-p", "SecureString")
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
    assert [line.removeprefix("main | ") for line in lines if line.startswith("main | ")] == [
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
def test_the_values_are_the_containers_variables_and_nowhere_else(cases: Cases, aws: AwsServer) -> None:
    result = cases.root / "result.json"
    process = cases.start("staged", *options(cases, "-e", "STAY=yes", "--result", str(result)), env=aws.environ())
    read_until(process, "up")
    containers = cases.running()
    shown = {name: container["Config"].pop("Env", None) for name, container in containers.items()}
    listed = json.dumps([*containers.values(), *_engine_lists(cases)])
    commands = [text for text in contents(Path("/proc").glob("[0-9]*/cmdline")) if CANARY.encode() in text]
    volumes = [volume for volume in cases.engine.get("/volumes")["Volumes"] or () if _ours(cases, volume)]
    disks = [folder for folder in (Path(volume["Mountpoint"]) for volume in volumes) if _on_disk(folder)]
    files = [file for root in (cases.root, *disks) for file in _with(root)]
    process.terminate()
    done = finish(process)

    assert f"PASSWORD={CANARY}-p" in shown["main"]
    assert f"RENAMED={CANARY}-p" in shown["side"]
    assert CANARY not in str(shown["network"])
    assert CANARY not in listed
    assert volumes, "no volume was looked at"
    assert (commands, files) == ([], [])
    assert CANARY not in done.err + result.read_text()
    assert "--use-values" in done.err
    assert "-e STAY=… " in done.err, "what was given is in no log either"
    result.unlink()


def _engine_lists(cases: Cases) -> Iterator[object]:
    """All that the engine lists of the project: containers, volumes, their processes and changes."""
    filters = {"label": [cases.project.label]}
    yield cases.engine.containers(filters)
    yield cases.engine.get("/volumes", filters)
    for container in cases.engine.containers(filters):
        for way in ("top", "changes"):
            yield str(cases.engine.get(f"/containers/{container['Id']}/{way}"))


def _ours(cases: Cases, volume: dict[str, object]) -> bool:
    labels = volume.get("Labels") or {}
    return isinstance(labels, dict) and labels.get("batchwright.project") == cases.project.name


def _on_disk(folder: Path) -> bool:
    """Whether a folder lies on a disk: a file system in memory is a mount of its own."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return not any(mount[1] == str(folder) and mount[2] == "tmpfs" for mount in mounts)


def _with(root: Path) -> list[Path]:
    """The files below a folder that hold the canary."""
    found = [root] if root.is_file() else [file for file in root.rglob("*") if file.is_file()]
    return [file for file in found if CANARY.encode() in next(iter(contents([file])), b"")]
