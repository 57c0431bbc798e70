"""Config files: where each goes, who may read it, and what is refused when a batch is declared."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from batchwright import BatchPlatform, DeclarationError, FargateBatch, Platform, Sidecar
from batchwright.task.container import Container
from batchwright.task.files import Files, check_names, check_task, files_container, plan_files
from batchwright.task.limits import TASK_DEFINITION
from batchwright_runner.contract.files_plan import FilesPlan, FileTemplate
from tests.library.support import app, batch, of_type, platform, refusal, stack, templates

INI = "/app/config/database.ini"


CONTAINER = Container()


def plan(files: Files, *, container: Container = CONTAINER, folder: Path | None = None) -> FilesPlan:
    return plan_files("batch x", files, folder, ["HOST", "PASSWORD"], container)


def test_files_of_one_folder_share_a_volume_and_a_folder_in_it_is_no_volume_of_its_own() -> None:
    made = plan(dict.fromkeys(["/app/config/b.ini", "/app/config/env/a.ini", "/data/x.ini", "/app/conf/y.ini"], ""))

    assert [(file.path, file.volume, file.inside) for file in made.files] == [
        ("/app/conf/y.ini", "files-1", "y.ini"),
        ("/app/config/b.ini", "files-2", "b.ini"),
        ("/app/config/env/a.ini", "files-2", "env/a.ini"),
        ("/data/x.ini", "files-3", "x.ini"),
    ]
    assert made.folders == {"files-1": "/app/conf", "files-2": "/app/config", "files-3": "/data"}


@pytest.mark.parametrize(
    ("user", "owner"),
    [
        (None, None),
        ("app", None),
        ("app:app", None),
        ("root", (0, 0)),
        ("0", (0, 0)),
        ("1000", (1000, 0)),
        ("1000:1001", (1000, 1001)),
    ],
)
def test_a_file_belongs_to_the_user_that_the_declaration_knows(user: str | None, owner: object) -> None:
    assert plan({INI: ""}, container=Container(user=user)).owner == owner


@pytest.mark.parametrize("path", ["app/x.ini", "/app/../x.ini", "/app/", "//app/x.ini", ""])
def test_what_is_no_path_of_a_file(path: str) -> None:
    with refusal(r"^batch x: files: .* was given; allowed: absolute paths of files"):
        plan({path: ""})


@pytest.mark.parametrize("path", ["/x.ini", "/etc/x.ini", "/usr/lib/x.ini", "/proc/sys/x", "/dev/shm/x", "/tmp/x"])
def test_a_volume_may_not_hide_what_an_image_needs_whole(path: str) -> None:
    with refusal(r"^batch x: files: .* allowed: files in a folder of their own"):
        plan({path: ""})


@pytest.mark.parametrize("work", ["/app/config", "/app/config/deep", "/app/config/"])
def test_a_volume_may_not_hide_the_working_directory(work: str) -> None:
    with refusal("hides what the image has there"):
        plan({INI: ""}, container=Container(working_directory=work))


def test_a_folder_below_the_working_directory_may_be_a_volume() -> None:
    assert plan({INI: ""}, container=Container(working_directory="/app")).folders == {"files-1": "/app/config"}


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"volumes": {"out": "/app/config"}}, "volumes"),
        ({"volumes": {"out": "/app"}}, "volumes"),
        ({"volumes": {"out": "/app/config/out/"}}, "volumes"),
        ({"writable_paths": {"/app/config/cache": 1}}, "writable_paths"),
    ],
)
def test_a_volume_of_the_batch_and_one_of_its_files_are_apart(changes: dict[str, Any], argument: str) -> None:
    with refusal(f"^batch x: {argument}: .* makes a volume of /app/config"):
        plan({INI: ""}, container=Container(**changes))


def test_a_neighbour_of_a_volume_is_no_conflict() -> None:
    container = Container(volumes={"out": "/app/config-out"}, writable_paths={"/app/tmp": 1})

    assert plan({INI: ""}, container=container).folders == {"files-1": "/app/config"}


def test_a_file_cannot_be_another_ones_folder() -> None:
    with refusal("'/app/config/x' was given, and '/app/config/x/y' needs a folder"):
        plan({"/app/config/x": "", "/app/config/x/y": ""})


def test_a_name_that_is_not_declared_is_named_with_the_nearest() -> None:
    with pytest.raises(
        DeclarationError,
        match=re.escape(
            "batch x: files['/app/config/database.ini']: 'PASSWROD' was given; known: HOST, PASSWORD; "
            "did you mean PASSWORD?"
        ),
    ):
        plan({INI: "a = ${HOST}\nb = ${PASSWROD}\n"})


@pytest.mark.parametrize("text", ["a\nb = $HOST\n", "a\nb = $\n", "a\nb = ${HOST\n", "a\nb = ${a-b}\n", "a\nb = ${}\n"])
def test_a_dollar_sign_that_means_nothing_is_named_with_its_line(text: str) -> None:
    with refusal(r"database.ini'\]: line 2: .* is not \$\{NAME\}; write \$\$ for a dollar"):
        plan({INI: text})


def test_a_value_that_only_a_deployment_knows_is_refused() -> None:
    with refusal("only a deployment knows; put that into environment="):
        plan({INI: "bucket = ${Token[TOKEN.999999]}"})


def test_a_path_is_a_file_beside_the_declaration(tmp_path: Path) -> None:
    tmp_path.joinpath("a.ini").write_bytes("host = ${HOST}\r\nname = 会員".encode())

    made = plan({INI: Path("a.ini")}, folder=tmp_path)

    assert made.files[0].text == "host = ${HOST}\r\nname = 会員"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.ini", "missing.ini cannot be read: No such file"),
        ("latin.ini", "latin.ini is not UTF-8 text"),
        ("app/config/x.ini", "allowed: a file beside batch.py, not in app/"),
        ("./app/../app/config/x.ini", "allowed: a file beside batch.py, not in app/"),
    ],
)
def test_a_file_that_cannot_be_a_template(tmp_path: Path, name: str, message: str) -> None:
    tmp_path.joinpath("latin.ini").write_bytes(b"name = caf\xe9")

    with refusal(f"^batch x: files.*{re.escape(message)}"):
        plan({INI: Path(name)}, folder=tmp_path)


@pytest.mark.parametrize("path", ["/etc/passwd", "{here}/a.ini", "../a.ini", "x/../../a.ini", "link.ini", "y/a.ini"])
def test_a_file_out_of_the_folder_of_the_batch_is_no_template(tmp_path: Path, path: str) -> None:
    here = tmp_path / "batches/x"
    here.mkdir(parents=True)
    for name in ("a.ini", "batches/a.ini", "batches/x/a.ini"):
        tmp_path.joinpath(name).write_text("key")
    (here / "link.ini").symlink_to("../a.ini")
    (here / "y").symlink_to(tmp_path)

    with refusal(r"the relative Path of a file in the folder of batch\.py"):
        plan({INI: Path(path.format(here=here))}, folder=here)


def test_without_a_class_of_its_own_a_batch_has_no_folder() -> None:
    with refusal(r"Path\(…\).read_text\(\), as the batch has no batch.py"):
        plan({INI: Path("a.ini")})


@pytest.mark.parametrize("given", [3, None, b"text"])
def test_what_is_no_template(given: Any) -> None:  # noqa: ANN401 - any argument
    with refusal("allowed: a template, or the Path of a file"):
        plan({INI: given})


def test_names_that_files_need_are_taken() -> None:
    made = plan({INI: ""})
    taken = Sidecar(name="files", image="x:1")

    with refusal(r"^batch x: sidecars: 'files' was given; allowed: any other name"):
        check_names("batch x", made, CONTAINER, [taken])
    with refusal(r"^batch x: volumes: 'files-1' was given; allowed: other names"):
        check_names("batch x", made, Container(volumes={"files-1": "/x"}), [])
    with refusal(r"^batch x: volumes: 'files-1' was given; allowed: other names"):
        check_names("batch x", made, CONTAINER, [replace(taken, name="agent", volumes={"files-1": "/x"})])
    check_names("batch x", made, Container(volumes={"files-2": "/x"}), [replace(taken, name="agent")])


def test_the_variable_that_carries_the_plan_is_taken() -> None:
    with refusal("'BATCHWRIGHT_FILES' was given; allowed: batches without a variable of"):
        plan_files("batch x", {INI: ""}, None, ["BATCHWRIGHT_FILES"], CONTAINER)


def test_a_sidecar_may_be_called_files_where_there_are_none_and_wait_for_them_where_there_are() -> None:
    ours = stack(app())
    on = platform(ours)
    batch(ours, on, "one", sidecars=[Sidecar(name="files", image="x:1")])
    waits = Sidecar(name="aa", image="x:1", depends_on={"files": "SUCCESS"})
    batch(ours, on, "two", files={INI: ""}, sidecars=[waits])

    with refusal(r"^batch three: sidecars: 'files' was given"):
        batch(ours, on, "three", files={INI: ""}, sidecars=[Sidecar(name="files", image="x:1")])


def test_a_task_definition_that_ecs_would_refuse_names_the_largest_templates() -> None:
    with refusal(r"^batch report: files: the task definition has 7\d,\d+ bytes .*allowed: 65,536; ") as error:
        batch(ours := stack(app()), platform(ours), files={INI: "x" * 70_000, "/app/config/b.ini": "y"})
    assert str(error.value).endswith("largest templates: /app/config/database.ini 70,000, /app/config/b.ini 1")


def test_the_largest_task_definition_is_accepted() -> None:
    made = FilesPlan((FileTemplate(INI, "files-1", "database.ini", ""),))
    empty = len(json.dumps({"x": ""}))

    check_task("batch x", made, {"x": "y" * (TASK_DEFINITION - empty)})
    with pytest.raises(DeclarationError):
        check_task("batch x", made, {"x": "y" * (TASK_DEFINITION - empty + 1)})


def test_what_the_rendering_container_gets_is_what_was_declared_and_no_more() -> None:
    text = "h: ${HOST}\np: ${PASSWORD}\nprice: $$5 会員\n"
    environment = {"HOST": "db.example.com", "OTHER": "1"}

    made = files_container(plan({INI: text}), "runner:1", environment, ["PASSWORD", "UNUSED_SECRET"])

    carried = made.environment["BATCHWRIGHT_FILES"]
    assert made.environment == {"HOST": "db.example.com", "BATCHWRIGHT_FILES": carried}
    assert made.secrets == ["PASSWORD"]
    assert [file.text for file in FilesPlan.from_json(carried).files] == [text]
    assert carried.isascii()
    assert "$" not in carried


def test_on_a_platform_deployed_elsewhere_the_image_is_the_registrys_too() -> None:
    def declare(scope: Any, on: Platform) -> FargateBatch:  # noqa: ANN401 - any scope
        return batch(scope, on, files={INI: ""})

    there = app()
    elsewhere = stack(there)
    declare(elsewhere, BatchPlatform.from_deployed(elsewhere, "Platform", stage="staging"))
    (template,) = templates(there).values()

    (task,) = of_type(template, "AWS::ECS::TaskDefinition")
    image = json.dumps(task["Properties"]["ContainerDefinitions"][1]["Image"])
    assert "/batches/batchwright:stage-staging" in image
    statements = json.dumps(of_type(template, "AWS::IAM::Role"))
    assert ":repository/batches/batchwright" in statements
