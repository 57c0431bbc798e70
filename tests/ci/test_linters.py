"""The workflows through actionlint, zizmor and the published schemas; and each of these, on planted faults."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path

import pytest

from tests.ci.linters import (
    ACTION,
    CIRCLECI,
    DEPENDABOT,
    ISSUES,
    PULL_REQUEST,
    PULL_REQUEST_CIRCLECI,
    ROOT,
    RUNNER_IMAGE,
    RUNNER_IMAGE_CIRCLECI,
    SAMPLE,
    WORKFLOWS,
    Finding,
    actionlint,
    schema,
    zizmor,
)

CI, NEWEST, RELEASE = (ROOT / ".github" / "workflows" / name for name in ("ci.yml", "newest.yml", "release.yml"))

Planted = tuple[Path, str, str, str]
"""The file, what is replaced in it, by what, and the rule that must find it (of a schema: the place that it names)."""

Linter = Callable[[Collection[Path]], list[Finding]]

ACTIONLINT: dict[str, Planted] = {
    "an output of no step": (SAMPLE, "steps.push.outputs", "steps.pushed.outputs", "expression"),
    "two steps of one id": (NEWEST, "id: check", "id: lock", "id"),
}

ZIZMOR: dict[str, Planted] = {
    "a tag instead of a commit": (CI, "@3d3c42e5aac5ba805825da76410c181273ba90b1 #", "@v7 #", "unpinned-uses"),
    "a permission without a reason": (SAMPLE, " # to assume the role", "", "undocumented-permissions"),
    "versions that are not a day old": (DEPENDABOT, "default-days: 7", "default-days: 0", "dependabot-cooldown"),
}

CIRCLECI_SCHEMA: dict[str, Planted] = {
    "no version": (CIRCLECI, "version: 2.1\n", "", "$"),
    "branches of no known kind": (CIRCLECI, "only: main", "only: {name: main}", "$.workflows.image.jobs[0]"),
}
"""Two of a kind are enough to see that a linter reads what it is given, with its strict rules, and is heard."""


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mapping[str, Planted]], dict[str, Path]]:
    """Writes each fault into a copy of its file, in a folder of its own; its path in there stays."""

    def write(faults: Mapping[str, Planted]) -> dict[str, Path]:
        written = {}
        for name, (source, old, new, _) in faults.items():
            text = source.read_text(encoding="utf-8")
            assert old in text, f"{name}: {source.name} does not hold {old!r}"
            written[name] = tmp_path_factory.mktemp("planted") / source.relative_to(ROOT)
            written[name].parent.mkdir(parents=True)
            written[name].write_text(text.replace(old, new), encoding="utf-8")
        return written

    return write


def rules(findings: list[Finding], file: Path) -> set[str]:
    return {finding.rule for finding in findings if finding.file == file}


def test_actionlint_finds_nothing() -> None:
    assert actionlint([*WORKFLOWS, SAMPLE, RUNNER_IMAGE, PULL_REQUEST]) == []
    assert {CI, NEWEST, RELEASE} <= set(WORKFLOWS)


def test_zizmor_finds_nothing() -> None:
    assert zizmor([*WORKFLOWS, SAMPLE, RUNNER_IMAGE, PULL_REQUEST, DEPENDABOT, ACTION]) == []


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("circle-ci", [CIRCLECI, RUNNER_IMAGE_CIRCLECI, PULL_REQUEST_CIRCLECI]),
        ("github-workflows", [*WORKFLOWS, SAMPLE, RUNNER_IMAGE, PULL_REQUEST]),
        ("github-actions", [ACTION]),
        ("github-issue-config", [ISSUES / "config.yml"]),
        ("github-issue-forms", [ISSUES / "defect.yml", ISSUES / "wish.yml"]),
        ("dependabot", [DEPENDABOT]),
    ],
)
def test_the_published_schema_is_kept(name: str, files: list[Path]) -> None:
    assert schema(name, files) == []


@pytest.mark.process
@pytest.mark.parametrize(
    ("linter", "planted"),
    [(actionlint, ACTIONLINT), (zizmor, ZIZMOR), (partial(schema, "circle-ci"), CIRCLECI_SCHEMA)],
    ids=["actionlint", "zizmor", "schema"],
)
def test_each_planted_fault_is_found(
    plant: Callable[[Mapping[str, Planted]], dict[str, Path]], linter: Linter, planted: Mapping[str, Planted]
) -> None:
    files = plant(planted)

    findings = linter(files.values())

    assert {name: rule for name, (*_, rule) in planted.items() if rule not in rules(findings, files[name])} == {}
