"""The arguments that few batches need: `Container`, `Fargate`, `Existing` and `Retry`."""

import re
from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from batchwright import Container, DeclarationError, Existing, Fargate, Retry
from batchwright.arguments import checked_group
from batchwright.task.checks import check_stop_timeout
from batchwright.task.container import ULIMITS
from tests.library.support import app, stack, token


@pytest.mark.parametrize(
    ("group", "changes", "message"),
    [
        (Container, {"user": 1000}, "user: 1000 was given; allowed: a string"),
        (Container, {"user": ""}, "user: '' was given; allowed: a string"),
        (Container, {"read_only_root": "yes"}, "read_only_root: 'yes' was given; allowed: True or False"),
        (Container, {"init_process": None}, "init_process: None was given; allowed: True or False"),
        (Container, {"stop_timeout": Duration.seconds(1)}, "stop_timeout: '1 s' was given; allowed: 2 to 120 seconds"),
        (
            Container,
            {"writable_paths": ["/tmp"]},
            "writable_paths: ['/tmp'] was given; allowed: absolute paths to sizes",
        ),
        (Container, {"ulimits": [("nofile", 1)]}, "ulimits: [('nofile', 1)] was given; allowed: limits to values"),
        (Container, {"volumes": ["/out"]}, "volumes: ['/out'] was given; allowed: names to absolute paths"),
        (Container, {"entry_point": "sh"}, "entry_point: 'sh' was given; allowed: a list of strings"),
        (
            Container,
            {"writable_paths": {"tmp": 1}},
            "writable_paths: 'tmp' was given; allowed: absolute paths to sizes in MiB",
        ),
        (Container, {"writable_paths": {"/tmp": 0}}, "writable_paths['/tmp']: 0 was given; allowed: a size in MiB"),
        (
            Container,
            {"writable_paths": {"/tmp": True}},
            "writable_paths['/tmp']: True was given; allowed: a size in MiB",
        ),
        (
            Container,
            {"writable_paths": {"/": 1}},
            "writable_paths: '/' was given; allowed: each path once, and not the",
        ),
        (Container, {"writable_paths": {"/a": 1, "/b/../a/": 1}}, "writable_paths: '/a' was given to two mounts"),
        (
            Container,
            {"volumes": {"work": "/a/"}, "writable_paths": {"/a": 1}},
            "writable_paths: '/a' was given to two mounts; allowed: each path once",
        ),
        (Container, {"working_directory": "srv"}, "working_directory: 'srv' was given; allowed: an absolute path"),
        (
            Container,
            {"ulimits": {"nofiles": 1}},
            f"ulimits: 'nofiles' was given; known: {', '.join(sorted(ULIMITS))}; did you mean nofile",
        ),
        (
            Container,
            {"ulimits": {"nofile": (2, 1)}},
            "ulimits['nofile']: (2, 1) was given; allowed: a number, or a pair",
        ),
        (Container, {"ulimits": {"nofile": "1"}}, "ulimits['nofile']: '1' was given; allowed: a number, or a pair"),
        (
            Container,
            {"volumes": {"out": "out"}},
            "volumes: {'out': 'out'} was given; allowed: names like work-files to absolute",
        ),
        (
            Container,
            {"volumes": {"Out": "/out"}},
            "volumes: {'Out': '/out'} was given; allowed: names like work-files to absolute",
        ),
        (Fargate, {"capacity": "FARGATE_SPOT"}, "capacity: 'FARGATE_SPOT' was given; allowed: on-demand, spot"),
        (Fargate, {"architecture": "arm64"}, "architecture: 'arm64' was given; allowed: X86_64, ARM64"),
        (Fargate, {"platform_version": "1.3.0"}, "platform_version: '1.3.0' was given; allowed: LATEST, 1.4.0"),
        *(
            (Fargate, {"ephemeral_storage": gib}, f"ephemeral_storage: {gib!r} was given; allowed: 21 to 200 GiB")
            for gib in (20, 201, True, "50")
        ),
        (Fargate, {"log_retention_days": 31}, "log_retention_days: 31 was given; allowed: 1, 3, 5, 7, 14, 30"),
        (Fargate, {"startable": "image"}, "startable: 'image' was given; allowed: startable=\"command\", or nothing"),
        (Fargate, {"tags": {"aws:x": "1"}}, "tags: {'aws:x': '1'} was given; allowed: keys of 1 to 128 characters"),
        (Fargate, {"tags": {"Batchwright:x": "1"}}, "tags: {'Batchwright:x': '1'} was given"),
        (Fargate, {"tags": {"a": "aws:x"}}, "tags: {'a': 'aws:x'} was given; allowed: keys of 1 to 128 characters"),
        (Fargate, {"tags": {"a\n": "x"}}, "tags: {'a\\n': 'x'} was given"),
        (Fargate, {"tags": {"a": "x;y"}}, "tags: {'a': 'x;y'} was given"),
        (Fargate, {"tags": {"a" * 129: "x"}}, "tags: {'aaa"),
        (Fargate, {"tags": {"": "1"}}, "tags: {'': '1'} was given"),
        (Fargate, {"tags": {"x": "1" * 257}}, "tags: {'x': '111"),
        (Fargate, {"tags": {f"t{n}": "x" for n in range(41)}}, "tags: 41 were given; allowed: 40"),
        (
            Existing,
            {"log_group": "/legacy/report"},
            "log_group: '/legacy/report' was given; allowed: a log group, such as",
        ),
        (
            Existing,
            {"task_role": "arn:aws:iam::1:role/x"},
            "task_role: 'arn:aws:iam::1:role/x' was given; allowed: a role, such",
        ),
        (
            Existing,
            {"execution_role": {"arn": "x"}},
            "execution_role: {'arn': 'x'} was given; allowed: a role, such as",
        ),
        (
            Existing,
            {"security_groups": ["sg-1 sg-2"]},
            "security_groups: 'sg-1 sg-2' was given; allowed: a list of ids",
        ),
        (Existing, {"security_groups": "sg-1"}, "security_groups: 'sg-1' was given; allowed: a list of ids such as"),
        (
            Existing,
            {"security_groups": ["default"]},
            "security_groups: 'default' was given; allowed: a list of ids such as",
        ),
        (Retry, {"times": 11}, "retry.times: 11 was given; allowed: 1 to 10"),
        (
            Retry,
            {"times": 0},
            "retry.times: 0 was given; allowed: 1 to 10; without retry= the batch is never started again",
        ),
        (Retry, {"times": True}, "retry.times: True was given; allowed: 1 to 10"),
        (Retry, {"times": "2"}, "retry.times: '2' was given; allowed: 1 to 10"),
        (
            Retry,
            {"on": "interruption"},
            "retry.on: 'interruption' was given; allowed: a list of exit codes from 1 to 255",
        ),
        (Retry, {"on": 3}, "retry.on: 3 was given; allowed: a list of exit codes from 1 to 255, and 'interruption'"),
        (
            Retry,
            {"on": []},
            "retry.on: it is empty, so that nothing is tried again; allowed: exit codes from 1 to 255, and",
        ),
        (Retry, {"on": [0]}, "retry.on: 0 was given; allowed: exit codes from 1 to 255, and 'interruption'"),
        (Retry, {"on": [256]}, "retry.on: 256 was given; allowed: exit codes from 1 to 255"),
        (Retry, {"on": [True]}, "retry.on: True was given; allowed: exit codes from 1 to 255"),
        (Retry, {"on": ["spot"]}, "retry.on: 'spot' was given; allowed: exit codes from 1 to 255"),
        (
            Retry,
            {"delay": Duration.seconds(0)},
            "retry.delay: '0 s' was given; allowed: 1 second to 24 hours, in whole",
        ),
        (Retry, {"delay": Duration.seconds(86401)}, "retry.delay: '86401 s' was given; allowed: 1 second to 24 hours"),
        (Retry, {"delay": Duration.millis(1500)}, "retry.delay: '1.5 s' was given; allowed: 1 second to 24 hours"),
        (Retry, {"delay": 300}, "retry.delay: 300 was given; allowed: a Duration of aws_cdk, 1 second to 24 hours"),
    ],
)
def test_what_cannot_be_said(group: type[Any], changes: dict[str, Any], message: str) -> None:
    given = {**({"times": 1, "on": [1]} if group is Retry else {}), **changes}

    with pytest.raises(DeclarationError, match=f"^batch x: {re.escape(message)}"):
        checked_group("batch x", "group", group(**given), group)


def test_what_the_main_container_can_have() -> None:
    Container()._check("batch x")
    Container(ulimits={"nofile": (1, 2), "core": 0}, writable_paths={"/tmp": 1}, user="1000:1000")._check("batch x")


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
    ("capacity", "shares"),
    [("on-demand", []), ("spot", [{"provider": "FARGATE_SPOT", "weight": 1, "base": 0}])],
)
def test_capacity(capacity: Any, shares: list[object]) -> None:  # noqa: ANN401 - one of two words
    made = Fargate(capacity=capacity, ephemeral_storage=200)

    made._check("batch x")
    assert made._manifest_fields()["capacity"] == shares


def test_resources_of_the_app_and_imported_ones_are_taken() -> None:
    theirs = stack(app())
    made, imported = logs.LogGroup(theirs, "Log"), logs.LogGroup.from_log_group_name(theirs, "Theirs", "/x")
    own = iam.Role(theirs, "Role", assumed_by=iam.AccountRootPrincipal())
    other = iam.Role.from_role_arn(theirs, "Other", "arn:aws:iam::111111111111:role/x")
    frozen = iam.Role.from_role_arn(theirs, "Frozen", "arn:aws:iam::111111111111:role/y", mutable=False)

    for log in (made, imported):
        Existing(log_group=log, security_groups=["sg-1", token()])._check("batch x")
    for role in (own, other, frozen):
        Existing(task_role=role, execution_role=role)._check("batch x")


@pytest.mark.parametrize(
    ("retry", "fields"),
    [
        (Retry(times=1, on=[1]), (1, [1], 0)),
        (Retry(times=10, on=[255, "interruption"]), (10, [255, "interruption"], 0)),
        (Retry(times=2, on=(3,), delay=Duration.seconds(1)), (2, [3], 1)),
        (Retry(times=2, on=(3,), delay=Duration.days(1)), (2, [3], 86400)),
    ],
)
def test_what_the_manifest_says_of_it(retry: Retry, fields: tuple[object, ...]) -> None:
    retry._check("batch x")

    assert tuple(retry._manifest_fields().values()) == fields
    assert [*retry._manifest_fields()] == ["retries", "retry_on", "retry_delay_seconds"]


def test_an_argument_that_is_missing() -> None:
    with pytest.raises(DeclarationError, match=r"^Retry: on: it is missing; write on=…, the ends after which it is"):
        Retry(times=2)  # type: ignore[call-arg]
