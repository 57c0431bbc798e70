"""What the library's tests share. The first import of all: it chooses the Node that aws_cdk then starts."""

import sys
from collections.abc import Iterator

import pytest

import batchwright  # noqa: F401 - chooses the Node, before a test module imports aws_cdk
from batchwright.testing import Synthesized, synthesize
from tests.library import small_node
from tests.library.everything import PLATFORM, Everything


@pytest.fixture(scope="module", autouse=True)
def keep_node_small() -> Iterator[None]:
    """What a module has made is not kept to the end of all tests."""
    yield
    if small_node.size() > small_node.LARGEST:
        small_node.renew()


@pytest.fixture(scope="package")
def staging() -> Synthesized:
    """The batch that uses every argument, in staging."""
    return synthesize(Everything, stage="staging", **PLATFORM)


@pytest.fixture(scope="package")
def production() -> Synthesized:
    """The same in production."""
    return synthesize(Everything, stage="production", **PLATFORM)


# cdk-nag 3 works with aws-cdk-lib from 2.257 on: what looks at templates with it is not tried with older ones.
collect_ignore = (
    []
    if hasattr(sys.modules["aws_cdk"], "Validations")
    else [
        "test_cdk_nag.py",
        "automation/test_lint.py",
        "alerts/test_patterns.py",
        "alerts/test_resources.py",
        "alerts/test_upgrade.py",
        "workflows/test_machine.py",
    ]
)
