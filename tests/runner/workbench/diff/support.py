"""Assemblies in memory, with one batch that tests change."""

import copy
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from batchwright_runner.workbench.diff.changes import Change, fold
from batchwright_runner.workbench.diff.compare import compare
from batchwright_runner.workbench.diff.read import Assembly, BatchKey, Declared, Stack, StackKey, stack_of

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ACCOUNTS = {"staging": "111111111111", "production": "222222222222"}
Raw = dict[str, Any]


def batch_file(stage: str = "staging", name: str = "report") -> Raw:
    """The file of a batch, as the library writes it."""
    return _sample("batch_file", stage, name)


def grant(action: str | list[str], *resources: str, at: str = "", reason: str = "", **more: object) -> Raw:
    """A grant as a batch's file has it."""
    statement = {"Effect": "Allow", "Action": action, "Resource": list(resources), **more}
    return {"statement": statement, "at": at, "reason": reason}


def template(stage: str = "staging", name: str = "report") -> Raw:
    """The template of a batch's stack."""
    return _sample("template", stage, name)


def _sample(file: str, stage: str, name: str) -> Raw:
    text = Path(__file__).with_name(f"{file}.json").read_text(encoding="utf-8")
    for word, value in {"STAGE": stage, "NAME": name, "ACCOUNT": ACCOUNTS[stage]}.items():
        text = text.replace(f"@{word}@", value)
    found: Raw = json.loads(text)
    return found


def stack(raw: Mapping[str, Any], name: str = "", stage: str = "staging") -> Stack:
    """A stack of a template."""
    tags = {"tags": {"batchwright:project": "batches", "batchwright:stage": stage}}
    key = StackKey(name or f"batches-{stage}-report", ACCOUNTS[stage], "ap-northeast-1")
    return stack_of(key, copy.deepcopy(dict(raw)), tags)


def assembly(*files: Raw, stacks: tuple[Stack, ...] = ()) -> Assembly:
    """An assembly of batch files, each with a stack of its own, and other stacks."""
    by_name = {}
    for file in files:
        stage, name = file["manifest"]["stage"], file["manifest"]["batch"]
        by_name[f"batches-{stage}-{name}"] = stack(template(stage, name), f"batches-{stage}-{name}", stage)
    by_name |= {extra.key.name: extra for extra in stacks}
    return Assembly(batches=batches(*files), stacks={own.key: own for own in by_name.values()})


def batches(*files: Raw) -> dict[BatchKey, Declared]:
    """The batches of an assembly."""
    sides = [Declared.of(file) for file in files]
    return {(side.batch.stage, side.batch.batch): side for side in sides}


def changes(before: Assembly, after: Assembly) -> list[Change]:
    """What differs, folded over stages."""
    return fold(compare(before, after, NOW), {**after.accounts, **before.accounts}, ["staging", "production"])


def put(raw: Raw, path: str, value: object) -> None:
    """Sets a value of a batch's file or a template: ``manifest.owner``, ``task.containerDefinitions.0.command``."""
    *parents, last = path.split("/")
    place: Any = raw
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place[part]
    if last == "+":
        place.append(value)
        return
    at: Any = int(last) if isinstance(place, list) else last
    if value is None:
        del place[at]
    else:
        place[at] = value


def edited(raw: Raw, edits: Mapping[str, object]) -> Raw:
    """A copy of a batch's file or a template, with other values at some paths."""
    changed = copy.deepcopy(raw)
    for path, value in edits.items():
        put(changed, path, copy.deepcopy(value))
    return changed


def paths_of_texts(value: Any, path: str = "") -> list[str]:  # noqa: ANN401 - JSON
    """Where a value has texts."""
    if isinstance(value, dict):
        return [text for key, part in value.items() for text in paths_of_texts(part, f"{path}/{key}" if path else key)]
    if isinstance(value, list):
        return [text for place, part in enumerate(value) for text in paths_of_texts(part, f"{path}/{place}")]
    return [path] if isinstance(value, str) else []


APP = """
import json, os, pathlib, sys
if pathlib.Path("broken").exists():
    sys.exit("batchwright: batches/report/batch.py:3: it is broken")
assert "stage" not in json.loads(os.environ["CDK_CONTEXT_JSON"])
out = pathlib.Path(os.environ["CDK_OUTDIR"])
for text in json.loads(pathlib.Path("declared.json").read_text()):
    folder = out / "batches" / text["manifest"]["stage"]
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath(text["manifest"]["batch"] + ".json").write_text(json.dumps(text))
out.mkdir(parents=True, exist_ok=True)
out.joinpath("manifest.json").write_text(json.dumps({"version": "1", "artifacts": {}}))
"""

IDENTITY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


def git(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> str:
    variables = {**os.environ, **IDENTITY, **(env or {})}
    done = subprocess.run(["git", "-C", folder, *words], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def declare(folder: Path, *files: Raw, app: str = "python app.py") -> None:
    (folder / "cdk.json").write_text(json.dumps({"app": app, "context": {"project": "batches"}}))
    (folder / "app.py").write_text(APP)
    (folder / "declared.json").write_text(json.dumps(files))


ACCOUNT = "111111111111"


def beside(edits: dict[str, object], start: dict[str, object] | None = None) -> list[Change]:
    """The changes of a batch whose template is changed and whose file is not."""
    before = edited(template(), start or {})
    return changes(with_template(before), with_template(edited(before, edits)))


def with_template(raw: dict[str, Any]) -> Assembly:
    return assembly(batch_file(), stacks=(stack(raw),))


GROUP = "Resources/Group/Properties"

OPEN = {"CidrIp": "10.0.0.0/8", "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}


def workflow_file(stage: str = "staging") -> Raw:
    """The file of a workflow, as the library writes it."""
    return _sample("workflow_file", stage, "nightly")


class Row(NamedTuple):
    """A row of a text file: lines of what there was, of what there is now, and what is said of the difference."""

    name: str
    was: list[str]
    now: list[str]
    said: list[str]


def rows(name: str, **values: object) -> list[Row]:
    """The rows of a text file, in which ``@NAME@`` is the value of that name."""
    text = Path(__file__).with_name("rows").joinpath(f"{name}.txt").read_text(encoding="utf-8")
    for word, value in values.items():
        known = (f"@{word}@", value) if isinstance(value, str) else (f'"@{word}@"', json.dumps(value))
        text = text.replace(*known)
    found = []
    for lines in [block.splitlines() for block in text.split("\n\n")[1:]]:
        named, was, said = (
            [line.removeprefix(lead) for line in lines if line.startswith(lead)] for lead in ("== ", "was ", "> ")
        )
        now = [line.removeprefix("now ") for line in lines if not line.startswith(("== ", "was ", "> "))]
        found.append(Row([*named, *said][0], was, now, said))
    return found


def each_of(table: list[Row]) -> pytest.MarkDecorator:
    """Gives a test each row of a table."""
    return pytest.mark.parametrize("row", table, ids=[row.name for row in table])


def edits(lines: Sequence[str]) -> dict[str, Any]:
    """The edits that lines say: a path and JSON."""
    return {path: json.loads(value) for path, _, value in (line.partition(": ") for line in lines)}


PARTS: Raw = json.loads(Path(__file__).with_name("parts.json").read_text(encoding="utf-8"))
"""Resources of a template, by the names that rows of texts have for them."""

READ = PARTS["POLICY"]["Properties"]["PolicyDocument"]["Statement"][0]
