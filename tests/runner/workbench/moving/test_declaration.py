"""What a task definition says, as the source of a declaration."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.moving.arguments import fitting, grouped, of_definition
from batchwright_runner.workbench.moving.jobs import Definition, StagePlace, Todo
from batchwright_runner.workbench.moving.sources import read_about
from batchwright_runner.workbench.moving.stages import choose, with_stage
from batchwright_runner.workbench.moving.task_definitions import read_definitions
from batchwright_runner.workbench.scaffold.python import StageText, Value, call, line
from tests.kit.moving import ACCOUNTS, REGION, definition

MANAGER = f"arn:aws:secretsmanager:{REGION}:222222222222:secret:"
STAGES = {name: StagePlace(name, account) for name, account in ACCOUNTS.items()}
HERE = StagePlace(name="production", account=ACCOUNTS["production"], region=REGION, project="shop")


def arguments_of(container: Mapping[str, Any] | None = None, **task: Any) -> tuple[dict[str, str], list[Todo]]:  # noqa: ANN401 - any field
    """Arguments, as source, and what is left, of a task definition with changes."""
    data = definition("shop", "production", **task)["taskDefinition"]
    data["containerDefinitions"][0] |= container or {}
    shop = Definition(file="shop.json", data=data, family="production-shop", stage="production")
    todos: list[Todo] = []
    arguments = grouped(of_definition(shop, shop.main(), HERE, todos))
    return {key: line(value) for key, value in arguments.items()}, todos


def fields(todos: list[Todo]) -> dict[str, str]:
    return {todo.field: todo.text for todo in todos}


def main_and(*sidecars: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Containers of a task definition: the main one with changes, and sidecars."""
    main = definition("shop", "production")["taskDefinition"]["containerDefinitions"][0]
    return {"containerDefinitions": [{**main, **changes}, *sidecars]}


def test_a_plain_definition_leaves_nothing() -> None:
    arguments, todos = arguments_of()

    uri = f"333333333333.dkr.ecr.{REGION}.amazonaws.com/acme/shop:production"
    assert (arguments["image"], todos) == (f'BatchImage.from_uri("{uri}")', [])
    assert (arguments["cpu"], arguments["memory"]) == ("512", "1024")
    existing = {"task_role", "execution_role", "log_group"}
    assert set(arguments) == {"image", "cpu", "memory", "environment", "secrets", *existing}


@pytest.mark.parametrize(
    ("container", "source"),
    [
        ({"user": "1000:1000", "readonlyRootFilesystem": True}, 'read_only_root=True, user="1000:1000"'),
        ({"stopTimeout": 100}, "stop_timeout=Duration.seconds(100)"),
        ({"ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 2}]}, 'ulimits={"nofile": (1, 2)}'),
        (
            {"linuxParameters": {"initProcessEnabled": True, "tmpfs": [{"containerPath": "/t", "size": 64}]}},
            'writable_paths={"/t": 64}',
        ),
        ({"entryPoint": ["/e"], "workingDirectory": "/w"}, 'entry_point=["/e"], working_directory="/w"'),
    ],
)
def test_what_a_container_says(container: dict[str, Any], source: str) -> None:
    arguments, todos = arguments_of(container)

    assert (arguments["container"], todos) == (f"Container({source})", [])


@pytest.mark.parametrize(
    ("task", "source"),
    [
        ({"runtimePlatform": {"cpuArchitecture": "ARM64"}}, 'architecture="ARM64"'),
        ({"ephemeralStorage": {"sizeInGiB": 50}}, "ephemeral_storage=50"),
    ],
)
def test_what_a_task_says(task: dict[str, Any], source: str) -> None:
    arguments, todos = arguments_of({"command": ["sh", "-c", "echo ${HOME}"]}, **task)

    assert (arguments["fargate"], todos) == (f"Fargate({source})", [])
    assert arguments["command"] == '["sh", "-c", "echo $HOME"]'


def test_volumes_of_the_task_and_on_efs() -> None:
    mounts = [
        {"sourceVolume": "Work_Files", "containerPath": "/w"},
        {"sourceVolume": "e", "containerPath": "/e", "readOnly": True},
    ]
    access = {"authorizationConfig": {"accessPointId": "fsap-12345678"}}
    efs = {"fileSystemId": "fs-12345678", "transitEncryption": "ENABLED", **access}
    root = {"name": "root", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "rootDirectory": "/a"}}
    arguments, todos = arguments_of(
        {"mountPoints": [*mounts, {"sourceVolume": "root", "containerPath": "/r"}]},
        volumes=[{"name": "Work_Files", "host": {}}, {"name": "e", "efsVolumeConfiguration": efs}, root],
    )

    assert arguments["container"] == (
        'Container(volumes={"work-files": "/w", '
        '"/e": Volume.efs("fs-12345678", access_point="fsap-12345678", read_only=True)})'
    )
    assert [*fields(todos)] == ["volumes.root", "mountPoints.root"]


def test_a_volume_of_the_task_that_is_only_read_is_left() -> None:
    arguments, todos = arguments_of(
        {"mountPoints": [{"sourceVolume": "work", "containerPath": "/w", "readOnly": True}]}, volumes=[{"name": "work"}]
    )

    assert arguments["container"] == 'Container(volumes={"work": "/w"})'
    assert fields(todos) == {"mountPoints.work.readOnly": "/w"}


def _waits(name: str, *others: str, essential: bool = True) -> dict[str, Any]:
    waits = [{"containerName": container, "condition": "START"} for container in others]
    return {"name": name, "essential": essential, "dependsOn": waits}


@pytest.mark.parametrize(
    ("containers", "candidates"),
    [
        ([_waits("agent"), _waits("app", "agent")], ["app"]),
        ([_waits("agent"), _waits("proxy", "agent"), _waits("app", "proxy", "agent")], ["app"]),
        ([_waits("log", essential=False), _waits("app", "log")], ["app"]),
        ([_waits("app"), _waits("log", "app", essential=False)], ["app"]),
        ([_waits("agent"), _waits("app")], ["agent", "app"]),
        ([_waits("a", "b"), _waits("b", "a")], ["a", "b"]),
        ([_waits("a", essential=False)], []),
    ],
)
def test_the_main_container_is_essential_and_no_other_one_waits_for_it(
    containers: list[dict[str, Any]], candidates: list[str]
) -> None:
    shop = Definition(file="shop.json", data={"containerDefinitions": containers}, family="shop")

    assert [container["name"] for container in shop.candidates] == candidates
    assert shop.main()["name"] == (candidates or ["a"])[0]
    assert shop.main(containers[0]["name"]) is containers[0]


def test_sidecars() -> None:
    agent = {
        "name": "agent",
        "image": "agent:1",
        "essential": False,
        "secrets": [{"name": "DD_API_KEY", "valueFrom": "/acme/dd"}],
        "dependsOn": [{"containerName": "app", "condition": "START"}],
        "healthCheck": {"command": ["CMD", "/check"], "interval": 5},
        "firelensConfiguration": {"type": "fluentbit"},
    }
    arguments, todos = arguments_of(None, **main_and(agent))

    assert arguments["sidecars"] == (
        '[Sidecar(name="agent", image="agent:1", '
        'health_check=HealthCheck(command=["CMD", "/check"], interval=5), '
        'secrets=["DD_API_KEY"], depends_on={"main": "START"})]'
    )
    assert 'Secret.existing("DD_API_KEY", "/acme/dd")' in arguments["secrets"]
    assert [*fields(todos)] == ["containerDefinitions.agent.firelensConfiguration"]


@pytest.mark.parametrize(("condition", "end"), [("HEALTHY", ', main_waits_for="HEALTHY")]'), ("OTHER", ")]")])
def test_what_the_main_container_waits_for_is_an_argument_of_the_sidecar(condition: str, end: str) -> None:
    waits = [{"containerName": "agent", "condition": condition}]

    arguments, _ = arguments_of(None, **main_and({"name": "agent", "image": "agent:1"}, dependsOn=waits))

    assert arguments["sidecars"] == f'[Sidecar(name="agent", image="agent:1", essential=True{end}'


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("/a/b", 'Secret.existing("X", "/a/b")'),
        (f"arn:aws:ssm:{REGION}:222222222222:parameter/a/b", 'Secret.existing("X", "/a/b")'),
        ("/shop/production/shared/X", 'Secret.shared("X")'),
        (
            f"arn:aws:secretsmanager:{REGION}:222222222222:secret:db-AbCdEf:password::",
            f'Secret.secrets_manager("X", "{MANAGER}db-AbCdEf", json_field="password")',
        ),
        ("secretsmanager:db", f'Secret.secrets_manager("X", "{MANAGER}db")'),
    ],
)
def test_a_secret(value: str, source: str) -> None:
    arguments, todos = arguments_of({"secrets": [{"name": "X", "valueFrom": value}]})

    assert (arguments["secrets"], todos) == (f"[{source}]", [])


@pytest.mark.parametrize(
    "value",
    [
        "no-slash",
        f"arn:aws:ssm:{REGION}:999999999999:parameter/a",
        "arn:aws:ssm:eu-west-1:222222222222:parameter/a",
        f"arn:aws:secretsmanager:{REGION}:222222222222:secret:db-AbCdEf::AWSPREVIOUS:",
    ],
)
def test_a_secret_that_cannot_be_declared_is_a_todo(value: str) -> None:
    arguments, todos = arguments_of({"secrets": [{"name": "X", "valueFrom": value}]})

    assert ("secrets" in arguments, fields(todos)) == (False, {"secrets.X": value})


def test_what_is_left_of_logs_and_of_the_rest() -> None:
    options = {"awslogs-group": "/a", "awslogs-multiline-pattern": "x", "mode": "non-blocking"}
    logs = {"logDriver": "awslogs", "options": options}
    on_ec2 = {"pidMode": "task", "networkMode": "bridge", "requiresCompatibilities": ["EC2"]}
    _, todos = arguments_of({"logConfiguration": logs, "dockerLabels": {"a": "b"}}, **on_ec2)

    assert fields(todos) == {
        "containerDefinitions.app.dockerLabels": '{"a": "b"}',
        "logConfiguration.awslogs-multiline-pattern": "x",
        "logConfiguration.mode": "non-blocking",
        "networkMode": "bridge",
        "pidMode": "task",
        "requiresCompatibilities": '["EC2"]',
    }


def test_what_is_left_of_the_log_of_a_sidecar() -> None:
    (main,) = main_and()["containerDefinitions"]
    options = {"awslogs-group": "/ecs/agent", "mode": "non-blocking"}
    agent = {"name": "agent", "image": "a:1", "logConfiguration": {"logDriver": "awslogs", "options": options}}
    proxy = {"name": "proxy", "image": "p:1", "logConfiguration": {"logDriver": "splunk"}}
    same = {"name": "same", "image": "s:1", "logConfiguration": main["logConfiguration"]}

    _, todos = arguments_of(None, **main_and(agent, proxy, same))

    assert fields(todos) == {
        "agent.logConfiguration.mode": "non-blocking",
        "agent.logConfiguration.awslogs-group": "/ecs/agent",
        "proxy.logConfiguration": '{"logDriver": "splunk"}',
    }


def test_a_log_of_another_region_is_left_and_its_group_not_adopted() -> None:
    options = {"awslogs-group": "/a", "awslogs-region": "us-west-2"}

    arguments, todos = arguments_of({"logConfiguration": {"logDriver": "awslogs", "options": options}})

    assert ("log_group" in arguments, fields(todos)) == (False, {"logConfiguration.awslogs-region": "us-west-2"})


@pytest.mark.parametrize(
    ("smallest", "size"),
    [
        ((256, 512), (256, 512)),
        ((100, 300), (256, 512)),
        ((512, 9000), (2048, 9216)),
        ((16384, 130000), (32768, 249856)),
        ((99999, 1), (32768, 249856)),
    ],
)
def test_the_next_larger_size_of_fargate(smallest: tuple[int, int], size: tuple[int, int]) -> None:
    assert fitting(*smallest) == size


def test_a_size_that_fargate_does_not_have_is_reported() -> None:
    arguments, todos = arguments_of(cpu=".25 vCPU", memory="3 GB")

    assert (arguments["cpu"], arguments["memory"]) == ("512", "3072")
    assert [todo.text for todo in todos] == ["cpu 256, memory 3072"]


@pytest.mark.parametrize(
    ("place", "changes", "stage"),
    [
        ("staging/a.json", {}, "staging"),
        ("a-prod.json", {"family": "a", "taskDefinitionArn": ""}, "production"),
        ("a.json", {"family": "stg-a"}, "staging"),
        ("a.json", {"family": "a"}, "production"),
        ("a.json", {"family": "a", "taskDefinitionArn": ""}, ""),
    ],
)
def test_the_stage_of_a_definition_is_the_first_that_something_names(
    tmp_path: Path, place: str, changes: dict[str, Any], stage: str
) -> None:
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    data = definition("shop", "production")
    data["taskDefinition"] |= changes
    path.write_text(json.dumps(data))

    (definition_read,) = read_definitions([tmp_path], STAGES).definitions
    assert definition_read.stage == stage


def test_the_newest_revision_counts_and_other_files_are_reported(tmp_path: Path) -> None:
    for name, revision in (("a", 3), ("b", 12), ("c", 7)):
        (tmp_path / f"{name}.json").write_text(json.dumps(definition("shop", "production", revision=revision)))
    (tmp_path / "d.json").write_text("{")
    (tmp_path / "e.json").write_text('{"taskDefinitionArns": []}')

    reading = read_definitions([tmp_path], STAGES)
    assert [read.revision for read in reading.definitions] == [12]
    assert [note.partition(": ")[0] for note in reading.notes] == ["not read", "not read"]


@pytest.mark.parametrize(
    ("production", "staging", "chosen"),
    [
        ("a", "a", '"a"'),
        ("a", "b", 'platform.choose(default="a", staging="b")'),
        ({"A": "1", "B": "2"}, {"A": "1", "B": "3"}, '{"A": "1", "B": platform.choose(default="2", staging="3")}'),
        ({"A": "1"}, {}, 'platform.choose(default={"A": "1"}, staging={})'),
        (["a", "b"], ["a", "c"], 'platform.choose(default=["a", "b"], staging=["a", "c"])'),
    ],
)
def test_what_two_stages_say_is_chosen(production: Value, staging: Value, chosen: str) -> None:
    assert line(choose(production, {"staging": staging})) == chosen


def test_a_path_says_which_stage_it_is_of() -> None:
    value = call("F", "staging", StageText("/{a}/staging/y"), b=[StageText("/stg")])

    assert line(with_stage(value, "staging")) == 'F("staging", f"/{{a}}/{platform.stage}/y", b=["/stg"])'


def test_a_variable_that_no_batch_can_declare_is_left() -> None:
    variables = [{"name": "spring.datasource.url", "value": "jdbc:x"}, {"name": "A"}, {"name": "日本", "value": "1"}]
    arguments, todos = arguments_of({"environment": variables})

    assert arguments["environment"] == '{"A": ""}'
    assert fields(todos) == {"environment.spring.datasource.url": "jdbc:x", "environment.日本": "1"}


@pytest.mark.parametrize(
    ("container", "why"),
    [
        ({"command": "rake a"}, "containerDefinitions[0].command is 'rake a', not a list"),
        ({"environment": {"A": "1"}}, "containerDefinitions[0].environment is {'A': '1'}, not a list"),
        ({"environment": [{"value": "1"}]}, "containerDefinitions[0].environment[0] has no name"),
        ({"linuxParameters": {"tmpfs": [{"containerPath": "/t"}]}}, "linuxParameters.tmpfs[0] has no size"),
        ({"stopTimeout": "soon"}, "containerDefinitions[0].stopTimeout is 'soon', not a whole number"),
        ({"memory": "1 GB"}, "containerDefinitions[0].memory is '1 GB', not a whole number"),
    ],
)
def test_a_definition_of_another_shape_is_reported_with_its_field(
    tmp_path: Path, container: dict[str, Any], why: str
) -> None:
    good, bad = definition("shop", "production"), definition("other", "production")
    bad["taskDefinition"]["containerDefinitions"][0] |= container
    for name, content in (("good", good), ("bad", bad)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))

    reading = read_definitions([tmp_path], STAGES)

    assert [read.family for read in reading.definitions] == [good["taskDefinition"]["family"]]
    assert len(reading.notes) == 1
    assert "bad.json:1: it is not a task definition: " in reading.notes[0]
    assert why in reading.notes[0]


def test_containers_that_are_a_text_as_terraform_writes_them(tmp_path: Path) -> None:
    shop = definition("shop", "production")
    shop["taskDefinition"]["containerDefinitions"] = json.dumps(shop["taskDefinition"]["containerDefinitions"])
    (tmp_path / "a.json").write_text(json.dumps(shop))

    with pytest.raises(UsageError, match=r"containerDefinitions is '.*', not a list"):
        read_definitions([tmp_path], STAGES)


def test_a_description_is_one_that_a_declaration_may_hold() -> None:
    about = read_about("Sums \x1b[31mup\x07\u202e the {{day}}\nof sales")

    assert about["description"] == "Sums [31mup the { {day}} of sales"


@pytest.mark.parametrize("colon", [": ", "\uff1a"])
def test_owner_and_runbook_may_be_named_in_japanese(colon: str) -> None:
    about = read_about(f"売上を集計する\n担当{colon}経理チーム\n手順書{colon}https://wiki.example.com/sales")

    assert (about["description"], about["owner"], about["runbook"]) == (
        "売上を集計する",
        "経理チーム",
        "https://wiki.example.com/sales",
    )
