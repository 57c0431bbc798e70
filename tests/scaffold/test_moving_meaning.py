"""What is moved means the same: lines are executed as they are, and as the batches that come of them.

All lines become the batches of one project, which is synthesized once. What has no TODO starts the same, as often, when
it is due. What has one does what the line did, by a scheduler of nobody's.
"""

import json
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from cronsim import CronSim

from batchwright_runner.contract.schedules.schedule import from_text
from batchwright_runner.contract.schedules.times import next_times
from batchwright_runner.contract.schedules.zones import zone_of
from tests.kit.command import call
from tests.kit.meaning import Done, executed, started
from tests.kit.moving import REGION, WRAPPER, cdk_json, definition, job, write_project
from tests.scaffold.project import run

HEAD = 'SHELL=/bin/sh\nPATH=/usr/bin:/bin\nMAILTO=""\nRAILS_ENV=production\nGREETING = "hello  $x"\nTZ=Asia/Tokyo\n'
OWN = {"RAILS_ENV": "production", "GREETING": "hello  $x", "TZ": "Asia/Tokyo"}
SAME = [
    "report",
    "report a 'b  c' \"d e\"",
    "report '' x",
    "report '$HOME' '*' ';' '`id`' '~' '#'",
    'report "it\'s" \'say "x"\'',
    'report 日本 "日 本"',
    "report a\tb",
    r"report --day=\%Y a,b=c:d@e+f^g",
    "report a -- b",
    "FOO='1 2' report x",
    "cd . && report x",
    "/bin/bash -c 'report '\\''a b'\\'' >> report.log 2>&1'",
    "env FOO=1 report x",
    "env -u TZ report",
    "nice -n 19 report a",
    "timeout 3600 report a",
    "timeout -k 5 1h nice -n 5 report",
    "stdbuf -oL report",
    "report > /dev/null 2>&1",
    "report x >> report.log 2>&1",
    "report 2>/dev/null 1>&2",
    "mysql -e 'delete from carts where age > 30; -- $x `y`'",
    "bundle exec rake 'close[a b]'",
]
"""Lines of a crontab that run on the host itself, and are the same in a container."""
WHOLE = [
    "report a | tee report.log",
    "report a | grep -v x",
    "report; echo done",
    "report || true",
    "set +e; report a; rake b",
    "report &",
    "report a & rake b",
    "X='a b'; report $X \"$X\"",
    "[ 1 = 1 ] && report",
    "for x in 1 2; do report $x; done",
    "report > report.csv",
    "report # daily",
    "exec report",
    "flock -n /tmp/batchwright-meaning report a",
    "if report; then rake a; else rake b; fi",
    r"report --day=$(echo 7) 2>/dev/null \%",
    "ecs-task run -d production-shop --command 'rake a'; rake b",
    "bash -c 'report; rake a'",
]
"""Lines of a crontab that are more than one command: each has a TODO."""
SCHEDULES = [
    "*/15 9-17 * * 1-5",
    "@daily",
    "@weekly",
    "0 0 1 1,7 *",
    "5-59/20 3 * * sun",
    "0 4 8-14 * *",
    "30 2 * * 0,6",
]
OVER = {
    "containerOverrides": [
        {"name": "app", "command": ["rake", "a b", "*"], "environment": [{"name": "A", "value": "1 2"}]}
    ]
}
CLI = "aws ecs run-task --cluster c --task-definition production-shop"
ECS = "ecs-task run -c c -d production-shop --container app --command"
RUN = "run-batch production shop"


def overriding(command: list[str], **more: object) -> str:
    overrides = {"containerOverrides": [{"name": "app", "command": command}], **more}
    return f"{CLI} --overrides {shlex.quote(json.dumps(overrides))}"


STARTS = [
    CLI,
    f"{CLI}:7 --launch-type FARGATE --count 1 --started-by cron",
    f"{CLI} --overrides {shlex.quote(json.dumps(OVER))}",
    overriding(["sh", "-c", "rake a && rake b"]),
    overriding(["rake", "a"], cpu="1024", memory="4096"),
    f"{CLI} --capacity-provider-strategy capacityProvider=FARGATE_SPOT,weight=1",
    f"{CLI} --capacity-provider-strategy capacityProvider=FARGATE",
    f"AWS_REGION={REGION} {CLI} --network-configuration 'awsvpcConfiguration={{subnets=[subnet-1,subnet-2]}}'",
    f"#!/bin/bash\nset -e\n# {RUN} rake old\n{RUN} rake a \\\n  b",
    f"{ECS} 'rake a \"b c\" *'",
    f"{ECS} rake",
    f"{ECS}='sh -c \"rake a; rake b\"' --task-size-cpu 1024 --task-size-memory 2048 >> x.log 2>&1",
    f"cd . && {ECS} 'rake a'",
    f"{RUN} rake a 'b  c' \"d;e\" '*'",
    f"{RUN} 'rake day[1] \"b c\"'",
    f"{RUN} rake a > /dev/null 2>&1",
    'run-batch "production" shop rake a',
    f"{RUN} sh -c 'rake a; rake b'",
    f"{RUN} rake ${{option.date}} x",
    f"{RUN} 'rake day[${{option.date}}]'",
    f'{RUN} "rake a" "day[@option.date@,${{option.kind}}]"'.replace('"rake a"', "rake"),
    f"{RUN} sh -c \"rake 'day[${{option.date}}]' && rake b\"",
    f"{ECS} \"rake '${{option.date}}' $RD_OPTION_KIND\"",
    overriding(["rake", "${option.date}", "-${option.kind}-"]),
    f'{RUN} rake --day "${{option.text}}" --all',
    f"{RUN} rake --day '${{option.text}}' \"x${{option.text}}y\" --all",
]
"""Steps of Rundeck that start a task, each of which becomes a batch that needs nothing more."""
MORE = [
    f"{RUN} rake a | tee x.log",
    f"{RUN} rake a; echo done",
    f"set +e\n{ECS} 'rake a'\nrake b",
    f"{ECS} 'rake a' || true",
    f"timeout 60 {ECS} 'rake a'",
    f"TASK=$({CLI} --query 'tasks[0].taskArn')\naws ecs wait tasks-stopped --cluster c --tasks $TASK",
    f'for kind in a b; do {RUN} rake "$kind"; done',
    f'[ "${{option.kind}}" = b-c ] && {RUN} rake "${{option.text}}"',
]
"""Steps of Rundeck that are more than one start of a task: each has a TODO."""
OPTIONS = [
    {"name": "date", "regex": r"\d+-\d+-\d+"},
    {"name": "kind", "value": "b-c", "regex": "[a-z-]+"},
    {"name": "text"},
]
DEFINITION = ["rake", "of the definition"]
GIVEN = {"date": "2026-01-01", "kind": "b-c", "text": ""}


@dataclass(frozen=True)
class Batch:
    """A batch as the project's assembly has it."""

    manifest: Mapping[str, Any]
    task: Mapping[str, Any]

    @property
    def container(self) -> Mapping[str, Any]:
        (container,) = self.task["containerDefinitions"]
        return dict(container)

    @property
    def live(self) -> bool:
        return bool(self.manifest.get("scheduler", "nobody") != "nobody")


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Batch]:
    """The batches that became of all lines and jobs, by what they are of: ``same 0``, ``starts 3``."""
    config = cdk_json()
    del config["context"]["stages"]["staging"]
    project = write_project(tmp_path_factory.mktemp("meaning") / "project", config)
    shop = definition("shop", "production")
    shop["taskDefinition"]["containerDefinitions"][0] |= {"command": DEFINITION}
    (project / "shop.json").write_text(json.dumps(shop))
    lines = [(f"same {number}", "30 2 * * *", line) for number, line in enumerate(SAME)]
    lines += [(f"whole {number}", "30 2 * * *", line) for number, line in enumerate(WHOLE)]
    lines += [(f"due {number}", when, f"report {number}") for number, when in enumerate(SCHEDULES)]
    (project / "crontab").write_text(
        f"{HEAD}\n" + "\n".join(f"# {name}\n{when} {line}\n" for name, when, line in lines)
    )
    jobs = [
        {
            **job(f"{kind}-{number}", ""),
            "sequence": {"commands": [{"script" if "\n" in step else "exec": step}]},
            "options": OPTIONS,
        }
        for kind, steps in (("starts", STARTS), ("more", MORE))
        for number, step in enumerate(steps)
    ]
    (project / "jobs.json").write_text(json.dumps(jobs))
    for words in (["rundeck", "jobs.json", "--step", WRAPPER], ["crontab", "crontab"]):
        done = call(project, "new", "--from", *words, "--image", "shop", "--task-definitions", "shop.json")
        assert done.code == 0, done.err
    synthesized = run(project, sys.executable, "app.py", CDK_OUTDIR="cdk.out")
    assert synthesized.code == 0, synthesized.err
    files = (json.loads(path.read_text()) for path in project.glob("cdk.out/batches/production/*.json"))
    declared = [Batch(file["manifest"], file["task"]) for file in files]
    by_job = {
        re.sub(r"^Does what (\S+)-(\d+) is for\.$", r"\1 \2", batch.manifest["description"]): batch
        for batch in declared
    }
    assert len(by_job) == len(declared)
    return by_job


def filled(text: str, given: Mapping[str, str] = GIVEN) -> str:
    """A step as Rundeck runs it: with the values of a run."""
    for name, value in given.items():
        text = re.sub(rf"\$\{{option\.{name}\}}|@option\.{name}@|\$RD_OPTION_{name.upper()}", value, text)
    return text


def in_container(folder: Path, batch: Batch, variables: Mapping[str, str], code: int) -> Done:
    """What a run of a batch starts, with the values that it is given."""
    own = {variable["name"]: variable["value"] for variable in batch.container["environment"]}
    return executed(folder, batch.container["command"], {**own, **variables}, code=code)


@pytest.mark.parametrize("code", [0, 3])
@pytest.mark.parametrize("number", range(len(SAME)), ids=SAME)
def test_a_line_of_a_crontab_runs_the_same(
    batches: Mapping[str, Batch], tmp_path: Path, number: int, code: int
) -> None:
    batch = batches[f"same {number}"]
    line = SAME[number].replace(r"\%", "%")
    before = executed(tmp_path, ["/bin/sh", "-c", line], OWN, code=code)
    after = in_container(tmp_path, batch, {}, code)

    assert batch.live
    assert after.programs == before.programs != []
    assert after.code == before.code


@pytest.mark.parametrize("code", [0, 3])
@pytest.mark.parametrize("number", range(len(WHOLE)), ids=WHOLE)
def test_a_line_that_has_a_todo_does_what_it_did(
    batches: Mapping[str, Batch], tmp_path: Path, number: int, code: int
) -> None:
    batch = batches[f"whole {number}"]
    line = WHOLE[number].replace(r"\%", "%")
    behind = f"{line}\ncode=$?; wait; exit $code" if "&" in line.replace("&&", "") else line  # a host goes on
    before = executed(tmp_path, ["/bin/sh", "-c", behind], OWN, code=code)
    after = in_container(tmp_path, batch, {}, code)

    assert not batch.live
    assert sorted(map(repr, after.programs)) == sorted(map(repr, before.programs)) != []
    assert after.code == before.code


@pytest.mark.parametrize("code", [0, 3])
@pytest.mark.parametrize("number", range(len(MORE)), ids=MORE)
def test_a_step_that_has_a_todo_does_what_it_did(
    batches: Mapping[str, Batch], tmp_path: Path, number: int, code: int
) -> None:
    batch, given = batches[f"more {number}"], {**GIVEN, "text": "a b"}
    before = executed(tmp_path, ["/bin/sh", "-c", filled(MORE[number], given)], {}, code=code)
    after = in_container(tmp_path, batch, given, code)

    assert not batch.live
    assert [(program.name, program.words) for program in after.programs] == [
        (program.name, program.words) for program in before.programs
    ]
    assert after.code == before.code


@pytest.mark.parametrize("number", range(len(SCHEDULES)), ids=SCHEDULES)
def test_a_batch_is_due_when_its_line_was(batches: Mapping[str, Batch], number: int) -> None:
    zone = zone_of("Asia/Tokyo")
    fields = {"@daily": "0 0 * * *", "@weekly": "0 0 * * 0"}.get(SCHEDULES[number], SCHEDULES[number])
    at = datetime(2026, 11, 28, tzinfo=UTC).astimezone(zone)
    due = from_text(batches[f"due {number}"].manifest["schedule"])

    assert list(next_times(due, at, 20)) == list(islice(CronSim(fields, at), 20))


@pytest.mark.parametrize(("code", "text"), [(0, ""), (3, "a  b")])
@pytest.mark.parametrize("number", range(len(STARTS)), ids=STARTS)
def test_a_step_of_rundeck_starts_the_same_task(
    batches: Mapping[str, Batch], tmp_path: Path, number: int, code: int, text: str
) -> None:
    given = {**GIVEN, "text": text}
    batch, step = batches[f"starts {number}"], filled(STARTS[number], given)
    before = executed(tmp_path, ["/bin/sh", "-c", step], {"RD_JOB_EXECID": "1"}, code=code)
    (task,) = [task for program in before.programs for task in started(program)]
    own = {"RAILS_ENV": "production", "TZ": "Asia/Tokyo"}
    meant = executed(tmp_path, task.command or DEFINITION, {**own, **task.variables, **given}, code=code)

    assert batch.live
    after = in_container(tmp_path, batch, {**given, **batch_defaults(batch)}, code)
    assert after.programs == meant.programs != []
    assert after.code == meant.code
    assert (batch.task["cpu"], batch.task["memory"]) == (task.cpu or "512", task.memory or "1024")
    assert (batch.manifest.get("capacity") == [{"provider": "FARGATE_SPOT"}]) == task.spot
    assert task.family == "production-shop"


def batch_defaults(batch: Batch) -> dict[str, str]:
    """The values of options that a run has which is given none."""
    return {
        variable["name"]: variable["value"] for variable in batch.container["environment"] if variable["name"] == "kind"
    }
