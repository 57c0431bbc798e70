"""What was removed says what to do instead, wherever somebody still writes it: each row of `gone` is played."""

import json
from pathlib import Path

import pytest

import batchwright
from batchwright import DeclarationError
from batchwright.app.cdk_json import read_project
from batchwright_runner.cli import run_command
from batchwright_runner.contract.gone import ARGUMENTS, COMMANDS, KEYS, NAMES
from batchwright_runner.contract.names import StageNames
from batchwright_runner.errors import RemovedFieldError
from batchwright_runner.host.stage.manifests import manifest_in
from tests.kit.manifests import manifest_data

SAMPLES: dict[str, tuple[dict[str, str], list[str]]] = {
    "command": (COMMANDS, ["sample", "list --sample", "params sample"]),
    "key": (KEYS, ["cdk.json sample", "cdk.json stages.*.alerts.sample", "batchwright.toml sample", "manifest sample"]),
    "name": (NAMES, ["Sample"]),
    "argument": (ARGUMENTS, ["FargateBatch(sample)", "Retry(sample)"]),
}
"""What of each kind is removed for these tests, so that none of them is without a row."""
LINE = "Write something else"


STAGE = {"account": "111111111111", "region": "ap-northeast-1", "subnets": "subnet-1"}


def rows(kind: str) -> list[str]:
    table, samples = SAMPLES[kind]
    return [*table, *samples]


@pytest.fixture(autouse=True)
def lines(monkeypatch: pytest.MonkeyPatch) -> None:
    for table, samples in SAMPLES.values():
        for sample in samples:
            monkeypatch.setitem(table, sample, LINE)


@pytest.mark.parametrize("row", rows("command"))
def test_a_removed_verb_or_option_is_refused_with_its_line(
    row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run_command(row.split()) == 2
    assert f"batchwright: {row} was removed. {COMMANDS[row]}\n" in capfd.readouterr().err


def with_key(path: str) -> dict[str, object]:
    """Nested tables that have a key: `*` is any name."""
    first, _, rest = path.partition(".")
    return {first.replace("*", "staging"): with_key(rest) if rest else "x"}


def context(path: str) -> dict[str, object]:
    """The context of a ``cdk.json`` of batches that has a key."""
    given = with_key(path)
    stages = given.setdefault("stages", {"staging": {}})
    assert isinstance(stages, dict)
    return {**given, "stages": {name: {**STAGE, **table} for name, table in stages.items()}}


@pytest.mark.parametrize("row", rows("key"))
def test_a_removed_key_is_refused_with_its_line(
    row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file, path = row.split()
    found = path.replace("*", "staging")
    said = f"{tmp_path / file} cannot be used: {found} was removed. {KEYS[row]}"
    if file == "manifest":
        data = {**manifest_data(), **with_key(path)}
        name = StageNames("batches", "local").manifest("hello")
        with pytest.raises(RemovedFieldError) as refused:
            manifest_in(name, {"Value": json.dumps(data)})
        assert (
            str(refused.value) == f"{name} cannot be used: the manifest is not valid: {found} was removed. {KEYS[row]}"
        )
        assert refused.value.exit_code == 2
        return
    if file == "cdk.json":
        said = said.replace("used: ", "used: context.")
        (tmp_path / file).write_text(json.dumps({"app": "false", "context": context(path)}))
        with pytest.raises(DeclarationError) as wrong:
            read_project(context(path))
        assert str(wrong.value) == f"cdk.json: context.{found}: it was removed. {KEYS[row]}"
    else:
        *tables, key = found.split(".")
        (tmp_path / file).write_text((f"[{'.'.join(tables)}]\n" if tables else "") + f"{key} = 'x'\n")

    assert run_command(["runs", "-s", "staging"]) == 2
    assert f"batchwright: {said}\n" in capfd.readouterr().err


@pytest.mark.parametrize("row", rows("name"))
def test_a_removed_name_cannot_be_imported_and_the_error_says_its_line(row: str) -> None:
    with pytest.raises(ImportError) as refused:
        exec(f"from batchwright import {row}", {})
    assert str(refused.value) == f"{row} was removed. {NAMES[row]}"


@pytest.mark.parametrize("row", rows("argument"))
def test_a_removed_argument_is_refused_with_its_line(row: str) -> None:
    kind, name = row.removesuffix(")").split("(")
    with pytest.raises(DeclarationError, match=f": {name}: it was removed") as refused:
        getattr(batchwright, kind)(**{name: 1})
    assert str(refused.value).endswith(f". {ARGUMENTS[row]}")
