"""`Container`: what few batches say of their main container."""

import re
from typing import Any

import pytest
from aws_cdk import Duration

from batchwright import Container, DeclarationError
from batchwright.task.checks import check_stop_timeout
from batchwright.task.container import ULIMITS


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"user": 1000}, "user: 1000 was given; allowed: a string"),
        ({"user": ""}, "user: '' was given; allowed: a string"),
        ({"read_only_root": "yes"}, "read_only_root: 'yes' was given; allowed: True or False"),
        ({"init_process": None}, "init_process: None was given; allowed: True or False"),
        ({"stop_timeout": Duration.seconds(1)}, "stop_timeout: '1 s' was given; allowed: 2 to 120 seconds"),
        ({"writable_paths": ["/tmp"]}, "writable_paths: ['/tmp'] was given; allowed: absolute paths to sizes"),
        ({"ulimits": [("nofile", 1)]}, "ulimits: [('nofile', 1)] was given; allowed: limits to values"),
        ({"volumes": ["/out"]}, "volumes: ['/out'] was given; allowed: names to absolute paths"),
        ({"entry_point": "sh"}, "entry_point: 'sh' was given; allowed: a list of strings"),
        ({"writable_paths": {"tmp": 1}}, "writable_paths: 'tmp' was given; allowed: absolute paths to sizes in MiB"),
        ({"writable_paths": {"/tmp": 0}}, "writable_paths['/tmp']: 0 was given; allowed: a size in MiB"),
        ({"writable_paths": {"/tmp": True}}, "writable_paths['/tmp']: True was given; allowed: a size in MiB"),
        ({"working_directory": "srv"}, "working_directory: 'srv' was given; allowed: an absolute path"),
        (
            {"ulimits": {"nofiles": 1}},
            f"ulimits: 'nofiles' was given; known: {', '.join(sorted(ULIMITS))}; did you mean nofile",
        ),
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
        Container(**changes).check("batch x")


def test_what_the_main_container_can_have() -> None:
    Container().check("batch x")
    Container(ulimits={"nofile": (1, 2), "core": 0}, writable_paths={"/tmp": 1}, user="1000:1000").check("batch x")


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
