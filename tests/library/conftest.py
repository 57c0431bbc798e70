"""What the library's tests share. The first import of all: it chooses the Node that aws_cdk then starts."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import batchwright  # noqa: F401 - chooses the Node, before a test module imports aws_cdk
from batchwright.testing import Synthesized, synthesize
from tests.library import small_node
from tests.library.everything import PLATFORM, Adopted, Everything
from tests.library.samples import Assembly, sample_app
from tests.library.support import batches_of_another_project


@pytest.fixture(scope="module", autouse=True)
def keep_node_small(request: pytest.FixtureRequest) -> None:
    """What a module has made is not kept to the end of all tests; few ask the CDK's own rules, ``RULES = True``."""
    rules = getattr(request.module, "RULES", False)
    if not small_node.suits(rules=rules):
        small_node.renew(rules=rules)


@pytest.fixture(scope="session")
def staging() -> Synthesized:
    """The batch that uses every argument, in staging."""
    return synthesize(Everything, stage="staging", **PLATFORM)


@pytest.fixture(scope="session")
def production() -> Synthesized:
    """The same in production."""
    return synthesize(Everything, stage="production", **PLATFORM)


@pytest.fixture(scope="session")
def adopted() -> Synthesized:
    """The batch with somebody else's resources."""
    return synthesize(Adopted)


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The assembly of the samples."""
    return Assembly.of(sample_app(tmp_path_factory.mktemp("samples")))


# cdk-nag 3 works with aws-cdk-lib from 2.257 on: what looks at templates with it is not tried with older ones.
collect_ignore = (
    []
    if hasattr(sys.modules["aws_cdk"], "Validations")
    else [
        "test_cdk_nag.py",
        "automation/test_lint.py",
        "alerts/test_patterns.py",
        "alerts/test_resources.py",
        "workflows/test_machine.py",
    ]
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project of its own; the modules and the path are as before when it is gone."""
    for name in ("CDK_CONTEXT_JSON", "CDK_OUTDIR", "BATCHWRIGHT_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["app.py"])
    with batches_of_another_project():
        yield tmp_path
