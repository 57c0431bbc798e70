from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.task_size import Size
from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.local.containers.engine import ImageFacts
from batchwright_runner.workbench.local.containers.task_plan import (
    ContainerPlan,
    Dependency,
    TaskPlan,
    plan_task,
    shares_network,
)
from tests.kit.projects import batch_of, declared

SIDE: dict[str, Any] = {"name": "side", "image": "s", "essential": False}


def batch(*sidecars: Mapping[str, Any], **container: Any) -> BatchFile:  # noqa: ANN401 - of any shape
    return batch_of(declared("hello", "run", "it", container=container, sidecars=sidecars))


def plan(*sidecars: Mapping[str, Any], declares: str = "", **container: Any) -> TaskPlan:  # noqa: ANN401 - the same
    return planned(batch(*sidecars, **container), declares)


def planned(declared_batch: BatchFile, declares: str = "") -> TaskPlan:
    images = {
        name: ImageFacts(reference=f"image-of-{name}", volumes=frozenset({declares} if name == "main" else ()))
        for name in ("main", "side", "other")
    }
    return plan_task(declared_batch, {"A": "1", "S": "secret"}, images, prefix="p")


def main(**container: Any) -> ContainerPlan:  # noqa: ANN401 - the same
    return plan(**container).containers[0]


def host(**container: Any) -> dict[str, Any]:  # noqa: ANN401 - the same
    found: dict[str, Any] = main(**container).body["HostConfig"]
    return found


def test_the_main_container_gets_the_resolved_variables_and_its_command() -> None:
    body = main(entryPoint=["e"], user="7:8", workingDirectory="/w").body

    assert body["Image"] == "image-of-main"
    assert body["Env"] == ["A=1", "S=secret"]
    assert (body["Entrypoint"], body["Cmd"]) == (["e"], ["run", "it"])
    assert (body["User"], body["WorkingDir"]) == ("7:8", "/w")


def test_what_is_not_declared_is_left_to_the_image() -> None:
    body = main(command=[]).body

    assert not {"Cmd", "Entrypoint", "User", "WorkingDir"} & body.keys()
    assert body["Healthcheck"] == {"Test": ["NONE"]}


def test_a_command_of_this_run_replaces_the_main_containers_only() -> None:
    images = {name: ImageFacts(reference=name) for name in ("main", "side")}
    task = plan_task(batch({**SIDE, "command": ["s"]}), {}, images, command=["x"])

    assert [container.body["Cmd"] for container in task.containers] == [["x"], ["s"]]


def test_the_size_of_the_task_limits_a_container_without_limits_of_its_own() -> None:
    config = host()

    assert config["Memory"] == config["MemorySwap"] == 512 * 1024 * 1024
    assert config["CpuQuota"] / config["CpuPeriod"] == 0.25
    assert config["LogConfig"] == {"Type": "none"}  # no engine keeps the log


def test_a_container_has_its_own_memory_limit_and_share_root_writable_paths_ulimits_and_init() -> None:
    config = host(
        memory=64,
        memoryReservation=32,
        cpu=128,
        readonlyRootFilesystem=True,
        ulimits=[{"name": "nofile", "softLimit": 10, "hardLimit": 20}],
        linuxParameters={
            "initProcessEnabled": True,
            "tmpfs": [{"containerPath": "/w", "size": 5, "mountOptions": ["mode=1777"]}],
        },
    )

    assert config["Memory"] == config["MemorySwap"] == 64 * 1024 * 1024
    assert config["MemoryReservation"] == 32 * 1024 * 1024
    assert config["CpuShares"] == 128
    assert config["ReadonlyRootfs"] is True
    assert config["Ulimits"] == [{"Name": "nofile", "Soft": 10, "Hard": 20}]
    assert config["Init"] is True
    assert config["Tmpfs"] == {"/w": "size=5m,mode=1777"}


def test_a_size_of_this_run_replaces_the_declared_one() -> None:
    images = {"main": ImageFacts(reference="i")}
    config = plan_task(batch(), {}, images, size=Size(cpu=1024, memory=2048)).containers[0].body["HostConfig"]

    assert (config["CpuQuota"], config["Memory"]) == (100_000, 2048 * 1024 * 1024)


@pytest.mark.parametrize(("signal", "sent"), [("", "SIGTERM"), ("SIGINT", "SIGINT")])
def test_the_image_says_how_it_is_asked_to_end(signal: str, sent: str) -> None:
    task = plan_task(batch(), {}, {"main": ImageFacts(reference="i", stop_signal=signal)})

    assert task.containers[0].stop_signal == sent


def test_stop_timeouts_are_the_containers_own_else_the_manifests_else_ecs_default() -> None:
    task = plan({**SIDE, "stopTimeout": 7}, {**SIDE, "name": "other"})

    assert [container.stop_timeout for container in task.containers] == [2, 7, 30]


def test_the_order_is_read_with_the_defaults_of_ecs() -> None:
    main, side = plan({"name": "side", "image": "s", "startTimeout": 5}, **waits_for("side", "START")).containers

    assert (main.essential, main.needs, main.start_timeout) == (True, (Dependency("side", "START"),), 0)
    assert (side.essential, side.needs, side.start_timeout) == (True, (), 5)


@pytest.mark.parametrize("check", [None, {"command": ["NONE"]}])
def test_an_order_that_ecs_would_refuse_is_refused(check: object) -> None:
    with pytest.raises(RunnerError, match="it waits for side to be healthy, which has no check"):
        plan({**SIDE, "healthCheck": check}, **waits_for("side", "HEALTHY"))


def waits_for(container: str, condition: str) -> dict[str, Any]:
    return {"dependsOn": [{"containerName": container, "condition": condition}]}


def test_a_sidecar_gets_its_own_variables_and_only_the_secrets_it_names() -> None:
    side = {**SIDE, "environment": [{"name": "B", "value": "2"}], "secrets": [{"name": "S", "valueFrom": "arn"}]}

    assert plan(side).containers[1].body["Env"] == ["B=2", "S=secret"]


def test_a_sidecar_may_have_a_secret_under_another_name_and_one_without_a_value_is_an_error() -> None:
    side = {**SIDE, "secrets": [{"name": "RENAMED", "valueFrom": "arn"}]}

    assert plan(side, secrets=[{"name": "S", "valueFrom": "arn"}]).containers[1].body["Env"] == ["RENAMED=secret"]
    with pytest.raises(RunnerError, match=r"container side: its secret RENAMED has no value"):
        plan(side)


def test_what_is_added_takes_the_place_of_a_value_and_its_secret_is_looked_for_nowhere_else() -> None:
    images = {name: ImageFacts(reference=name) for name in ("main", "side")}
    declared_batch = batch({**SIDE, "secrets": [{"name": "T", "valueFrom": "arn"}]})
    more = {"main": {"A": "stage's"}, "side": {"T": "its own"}}

    task = plan_task(declared_batch, {"A": "1", "B": "2"}, images, added=more.__getitem__)

    assert [container.body["Env"] for container in task.containers] == [["A=stage's", "B=2"], ["T=its own"]]


@pytest.mark.parametrize("key", ["command", "entryPoint"])
def test_a_word_that_only_aws_knows_is_an_error(key: str) -> None:
    with pytest.raises(RunnerError, match=rf"container side: its {key} holds a value that only AWS knows \(Ref Q\)"):
        plan({**SIDE, key: [{"unresolved": "Ref Q"}]})


def test_a_variable_that_only_aws_knows_is_an_error_unless_the_values_have_it() -> None:
    def side(name: str) -> dict[str, Any]:
        return {**SIDE, "environment": [{"name": name, "value": {"unresolved": "Ref Q"}}]}

    assert plan(side("A")).containers[1].body["Env"] == ["A=1"]
    with pytest.raises(RunnerError, match=r"container side: its variable B is a value that only AWS knows \(Ref Q\)"):
        plan(side("B"))


def mount(path: str, *, read_only: bool = False) -> dict[str, Any]:
    return {"mountPoints": [{"sourceVolume": "v", "containerPath": path, "readOnly": read_only}]}


def binds(task: TaskPlan) -> list[list[str]]:
    return [container.body["HostConfig"]["Binds"] for container in task.containers]


def test_a_shared_volume_belongs_to_root_where_no_image_declares_its_path() -> None:
    task = plan({**SIDE, **mount("/b", read_only=True)}, **mount("/a"))

    assert task.volumes == {"v": "p-v"}
    assert task.empty == ("v",)
    assert binds(task) == [["p-v:/a:nocopy"], ["p-v:/b:nocopy,ro"]]


def test_a_shared_volume_is_filled_from_an_image_that_declares_its_path() -> None:
    task = plan({**SIDE, **mount("/b")}, declares="/a", **mount("/a/"))

    assert task.empty == ()
    assert binds(task) == [["p-v:/a/"], ["p-v:/b:nocopy"]]


def test_a_file_system_of_elsewhere_is_filled_from_no_image() -> None:
    mounting = batch(**mount("/a"))
    task = {**mounting.task, "volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-11111111"}}]}

    assert binds(planned(replace(mounting, task=task), declares="/a")) == [["p-v:/a:nocopy"]]
    assert binds(planned(mounting, declares="/a")) == [["p-v:/a"]]


@pytest.mark.parametrize(("network", "shares"), [("", True), ("shop_default", True), ("none", True), ("host", False)])
def test_only_a_task_of_several_containers_shares_a_network_of_its_own(network: str, shares: bool) -> None:
    joined = {"NetworkMode": network} if network else {}

    assert not shares_network(1, joined)
    assert shares_network(2, joined) is shares
