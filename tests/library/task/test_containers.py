import re
from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import Duration

from batchwright import DeclarationError, HealthCheck, Sidecar
from batchwright.task.container_checks import check_main, check_shares, check_sidecars, check_stop_timeout
from batchwright.task.containers import LogTarget, MainContainer, main_container, sidecar_container

MAIN = MainContainer(
    image="example.com/x:1",
    command=None,
    entry_point=None,
    user=None,
    working_directory=None,
    read_only_root=False,
    writable_paths={},
    init_process=True,
    ulimits={},
    stop_timeout=30,
    depends_on={},
    volumes={},
)
LOG = LogTarget(group="/b/s/x", region="eu-west-1")
AGENT = Sidecar(name="agent", image="example.com/agent:1")
CHECK = HealthCheck(command=["CMD", "/check"])
LOG_CONFIGURATION = {
    "logDriver": "awslogs",
    "options": {
        "awslogs-group": "/b/s/x",
        "awslogs-region": "eu-west-1",
        "awslogs-stream-prefix": "run",
        "mode": "blocking",
    },
}


def test_the_least_main_container() -> None:
    assert main_container(MAIN, LOG, {}, []) == {
        "name": "main",
        "image": "example.com/x:1",
        "essential": True,
        "stopTimeout": 30,
        "readonlyRootFilesystem": False,
        "logConfiguration": LOG_CONFIGURATION,
        "linuxParameters": {"initProcessEnabled": True},
    }


def test_the_least_sidecar() -> None:
    assert sidecar_container(AGENT, LOG, [{"name": "A", "valueFrom": "arn"}]) == {
        "name": "agent",
        "image": "example.com/agent:1",
        "essential": False,
        "readonlyRootFilesystem": False,
        "logConfiguration": LOG_CONFIGURATION,
    }


def test_order_of_a_declaration_does_not_change_the_container() -> None:
    def container(*names: str) -> dict[str, Any]:
        main = replace(
            MAIN,
            ulimits={{"A": "core", "B": "nofile"}[name]: 1 for name in names},
            writable_paths={f"/{name}": 1 for name in names},
            volumes={name.lower() * 2: f"/{name}" for name in names},
        )
        return main_container(main, LOG, dict.fromkeys(names, "x"), [])

    assert container("A", "B") == container("B", "A")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"command": "python x"}, "command: 'python x' was given; allowed: a list of strings"),
        ({"command": ["sleep", 3]}, "command: ['sleep', 3] was given; allowed: a list of strings"),
        ({"entry_point": "sh"}, "entry_point: 'sh' was given; allowed: a list of strings"),
        ({"writable_paths": {"tmp": 1}}, "writable_paths: 'tmp' was given; allowed: absolute paths to sizes in MiB"),
        ({"writable_paths": {"/tmp": 0}}, "writable_paths['/tmp']: 0 was given; allowed: a size in MiB"),
        ({"writable_paths": {"/tmp": True}}, "writable_paths['/tmp']: True was given; allowed: a size in MiB"),
        ({"working_directory": "srv"}, "working_directory: 'srv' was given; allowed: an absolute path"),
        ({"ulimits": {"nofiles": 1}}, "ulimits: 'nofiles' was given; known: "),
        ({"ulimits": {"nofile": -1}}, "ulimits['nofile']: -1 was given; allowed: a number, or a pair"),
        ({"ulimits": {"nofile": (2, 1)}}, "ulimits['nofile']: (2, 1) was given; allowed: a number, or a pair"),
        ({"ulimits": {"nofile": "1"}}, "ulimits['nofile']: '1' was given; allowed: a number, or a pair"),
        ({"volumes": {"out": "out"}}, "volumes: {'out': 'out'} was given; allowed: names like work-files to absolute"),
        (
            {"volumes": {"Out": "/out"}},
            "volumes: {'Out': '/out'} was given; allowed: names like work-files to absolute",
        ),
    ],
)
def test_what_the_main_container_cannot_have(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^batch x: {re.escape(message)}"):
        check_main("batch x", replace(MAIN, **changes))


def test_a_misspelt_limit_is_named_with_the_nearest() -> None:
    with pytest.raises(DeclarationError, match=r"did you mean nofile"):
        check_main("batch x", replace(MAIN, ulimits={"nofiles": 1}))


def test_what_containers_can_have_is_accepted() -> None:
    main = replace(
        MAIN, ulimits={"nofile": (1, 2), "core": 0}, writable_paths={"/tmp": 1}, depends_on={"agent": "HEALTHY"}
    )

    check_main("batch x", main)
    check_sidecars(
        "batch x",
        main,
        [
            replace(AGENT, health_check=CHECK, secrets=["A"], environment={"B": "1"}),
            Sidecar(name="fetch", image="x:1", depends_on={"agent": "START"}),
        ],
        ["A"],
    )


@pytest.mark.parametrize("timeout", [Duration.seconds(2), Duration.seconds(30), Duration.minutes(2)])
def test_stop_timeouts_fargate_offers(timeout: Duration) -> None:
    assert check_stop_timeout("batch x", timeout) == timeout.to_seconds()


@pytest.mark.parametrize(
    ("timeout", "given"),
    [
        (Duration.seconds(1), "'1 s'"),
        (Duration.seconds(121), "'121 s'"),
        (Duration.millis(2500), "'2.5 s'"),
        (30, "30"),
        (None, "None"),
    ],
)
def test_stop_timeouts_fargate_does_not_offer(timeout: Any, given: str) -> None:  # noqa: ANN401 - any argument
    with pytest.raises(
        DeclarationError, match=f"^batch x: stop_timeout: {given} was given; allowed: .*2 to 120 seconds"
    ):
        check_stop_timeout("batch x", timeout)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Agent"}, "batch x: sidecars: 'Agent' was given; allowed: names like metrics-agent"),
        ({"name": "main"}, "batch x: sidecars: 'main' was given; allowed: names like metrics-agent"),
        ({"command": "run"}, "batch x, sidecar agent: command: 'run' was given"),
        ({"entry_point": "run"}, "batch x, sidecar agent: entry_point: 'run' was given"),
        (
            {"secrets": ["PASWORD"]},
            "batch x, sidecar agent: secrets: 'PASWORD' was given; known: PASSWORD; did you mean",
        ),
        ({"secrets": "PASSWORD"}, "batch x, sidecar agent: secrets: 'PASSWORD' was given; allowed: a list of names"),
        ({"secrets": {"A": "PASWORD"}}, "batch x, sidecar agent: secrets: 'PASWORD' was given; known: PASSWORD"),
        ({"secrets": {"a-b": "PASSWORD"}}, "batch x, sidecar agent: secrets: 'a-b' was given; allowed: names of"),
        (
            {"environment": {"A": "1"}, "secrets": {"A": "PASSWORD"}},
            "batch x, sidecar agent: secrets: 'A' was given in environment too",
        ),
        ({"environment": {"a-b": "1"}}, "batch x, sidecar agent: environment: 'a-b' was given"),
        (
            {"environment": {"PASSWORD": "1"}, "secrets": ["PASSWORD"]},
            "batch x, sidecar agent: secrets: 'PASSWORD' was given in environment too",
        ),
        ({"volumes": {"out": "out"}}, "batch x, sidecar agent: volumes: {'out': 'out'} was given"),
        ({"stop_timeout": Duration.seconds(1)}, "batch x, sidecar agent: stop_timeout: '1 s' was given"),
        (
            {"health_check": replace(CHECK, command="x")},
            "batch x, sidecar agent: health_check.command: 'x' was given; allowed: a list",
        ),
        (
            {"health_check": replace(CHECK, command=["/check"])},
            "batch x, sidecar agent: health_check.command: ['/check'] was given; allowed: CMD or CMD-SHELL first",
        ),
        ({"health_check": replace(CHECK, command=[])}, "batch x, sidecar agent: health_check.command: [] was given"),
        ({"health_check": replace(CHECK, interval=4)}, "batch x, sidecar agent: health_check.interval: 4 was given"),
        ({"health_check": replace(CHECK, timeout=61)}, "batch x, sidecar agent: health_check.timeout: 61 was given"),
        ({"health_check": replace(CHECK, retries=0)}, "batch x, sidecar agent: health_check.retries: 0 was given"),
        (
            {"health_check": replace(CHECK, start_period=301)},
            "batch x, sidecar agent: health_check.start_period: 301 was given; allowed: 0 to 300",
        ),
    ],
)
def test_what_a_sidecar_cannot_have(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^{re.escape(message)}"):
        check_sidecars("batch x", MAIN, [replace(AGENT, **changes)], ["PASSWORD"])


def test_two_sidecars_of_one_name() -> None:
    with pytest.raises(DeclarationError, match=r"^batch x: sidecars: 'agent' was given; .* each once"):
        check_sidecars("batch x", MAIN, [AGENT, AGENT], [])


@pytest.mark.parametrize(
    ("main", "agent", "message"),
    [
        ({"agnt": "START"}, {}, "depends_on of main: 'agnt' was given; known: agent; did you mean agent?"),
        ({"main": "START"}, {}, "depends_on of main: 'main' was given; known: agent"),
        ({}, {"agent": "START"}, "depends_on of agent: 'agent' was given; known: main"),
        (
            {"agent": "RUNNING"},
            {},
            "depends_on of main: 'RUNNING' was given; allowed: START, COMPLETE, SUCCESS, HEALTHY",
        ),
        ({"agent": "HEALTHY"}, {}, "depends_on of main: HEALTHY was given for agent, which has no health_check"),
        (
            {"agent": "START"},
            {"main": "START"},
            "depends_on: these containers wait for each other: main -> agent -> main",
        ),
    ],
)
def test_what_containers_cannot_wait_for(main: dict[str, Any], agent: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^batch x: {re.escape(message)}"):
        check_sidecars("batch x", replace(MAIN, depends_on=main), [replace(AGENT, depends_on=agent)], [])


def test_what_main_waits_for_because_a_sidecar_says_so_is_checked_as_well() -> None:
    agent = replace(AGENT, main_waits_for="START")

    check_sidecars("batch x", MAIN, [agent], [])
    with pytest.raises(DeclarationError, match="wait for each other: main -> agent -> main"):
        check_sidecars("batch x", MAIN, [replace(agent, depends_on={"main": "START"})], [])
    with pytest.raises(DeclarationError, match="HEALTHY was given for agent, which has no health_check"):
        check_sidecars("batch x", MAIN, [replace(agent, main_waits_for="HEALTHY")], [])


def test_a_sidecar_gets_a_secret_under_a_name_of_its_own() -> None:
    secrets = [{"name": "PASSWORD", "valueFrom": "arn"}, {"name": "OTHER", "valueFrom": "arn2"}]

    made = sidecar_container(replace(AGENT, secrets={"PGPASSWORD": "PASSWORD"}), LOG, secrets)

    assert made["secrets"] == [{"name": "PGPASSWORD", "valueFrom": "arn"}]


def test_a_circle_that_leaves_main_out() -> None:
    waiting: list[tuple[str, str]] = [("aa", "bb"), ("bb", "cc"), ("cc", "aa")]
    sidecars = [Sidecar(name=name, image="x:1", depends_on={other: "START"}) for name, other in waiting]

    with pytest.raises(DeclarationError, match="wait for each other: aa -> bb -> cc -> aa"):
        check_sidecars("batch x", MAIN, sidecars, [])


def test_sidecars_leave_something_for_the_main_container() -> None:
    check_shares("batch x", [replace(AGENT, cpu=255, memory=511)], 256, 512)

    with pytest.raises(
        DeclarationError, match=r"batch x: memory: the sidecars take 512 of the task's 512; allowed: less"
    ):
        check_shares("batch x", [replace(AGENT, memory=256), replace(AGENT, memory=256)], 256, 512)
    with pytest.raises(DeclarationError, match=r"batch x: cpu: the sidecars take 300 of the task's 256"):
        check_shares("batch x", [replace(AGENT, cpu=300)], 256, 512)


@pytest.mark.parametrize("share", [0, -1, "64", True, 1.5])
def test_a_share_is_a_whole_number(share: int) -> None:
    with pytest.raises(
        DeclarationError, match=r"batch x, sidecar agent: memory: .* was given; allowed: a number from 1"
    ):
        check_shares("batch x", [replace(AGENT, memory=share)], 256, 512)
