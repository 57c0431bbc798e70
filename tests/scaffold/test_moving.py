"""``batchwright new --from`` as a command: what it writes into a project, what it says, and what it refuses."""

import contextlib
import json
import os
import pty
import re
import sys
from pathlib import Path

import pytest

from batchwright_runner.contract.installed import requirement
from tests.kit import whenever
from tests.kit.command import call
from tests.kit.moving import (
    ACCOUNTS,
    FAMILIES,
    REGION,
    WRAPPER,
    cdk_json,
    definition,
    forty_jobs,
    job,
    move,
    write_house,
    write_project,
)
from tests.kit.rows import rows
from tests.scaffold.project import contents, init, installed, linted, run, typed


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project")


def batch(project: Path, name: str) -> str:
    return (project / f"batches/{name}/batch.py").read_text(encoding="utf-8")


def wrapped(family: str = "shop", command: str = "rake a", stage: str = "production") -> str:
    return f"run-batch {stage} {family} {command}"


def test_jobs_of_one_image_are_one_table_and_a_single_one_is_a_class(project: Path) -> None:
    done = move(project, [job("a1", wrapped()), job("a2", wrapped("shop-large")), job("b1", wrapped("billing"))])

    assert done.code == 0, done.err
    assert set(contents(project)) == {
        "app.py",
        "cdk.json",
        "batches/__init__.py",
        *(f"batches/{name}/{file}" for name in ("shop", "b1") for file in ("__init__.py", "batch.py")),
    }
    assert "class B1(FargateBatch):" in batch(project, "b1")
    assert re.findall(r"^def (\w+)", batch(project, "shop"), re.MULTILINE) == ["batches"]
    assert re.findall(r'^        "(a\d)": \{', batch(project, "shop"), re.MULTILINE) == ["a1", "a2"]
    assert "3 of 3 jobs from Rundeck written" in done.err


BY_OPTION = [{"name": "env", "enforced": True, "values": ["staging", "production"], "value": "production"}]
NETWORK = "ecs-task run -c main -d production-shop --container app --command true --subnets subnet-1,subnet-9"
SLACK = {"onfailure": {"plugin": {"type": "Slack", "configuration": {"webhook_token": "hidden"}}}}


@pytest.mark.parametrize("row", rows(__file__, "jobs"), ids=lambda row: row[0].splitlines()[0])
def test_what_a_job_says_is_declared_or_left(project: Path, row: tuple[str, ...]) -> None:
    jobs, *texts = row
    done = move(project, eval(jobs, globals()))

    assert done.code == 0, done.err
    source = batch(project, "a1").replace("\0", "\\0")
    assert [text for text in texts if (text.removeprefix("not ") in source) is text.startswith("not ")] == []


def test_what_other_stages_have_differently_is_printed_to_paste(project: Path) -> None:
    jobs = [
        job("a1-production", wrapped(), timeout="2h"),
        job("a1-staging", wrapped(stage="staging"), retry="2"),
        job("a2", wrapped()),
    ]

    done = move(project, jobs)

    assert done.code == 0, done.err
    printed = " ".join(done.err.split())
    for line in (
        'a1, a2: environment={"RAILS_ENV": platform.choose(default="production", staging="staging"), "TZ": ',
        "a1: timeout=platform.choose(default=Duration.hours(2), staging=Duration.hours(24))",
        "a1: staging: retry: 2",
    ):
        assert line in printed


def test_a_job_that_only_another_stage_has_is_as_it_is_there_and_unfinished(project: Path) -> None:
    choosing = [{"name": "env", "enforced": True, "values": ["staging"], "value": "staging"}]
    jobs = [
        job("a1", wrapped()),
        job("b1-staging", wrapped("billing", stage="staging")),
        job("c1", wrapped("mailer", stage="${option.env}", command="rake c STAGE=${option.env}"), options=choosing),
    ]

    done = move(project, jobs)

    assert "3 of 3 jobs from Rundeck written; 2 have a TODO" in done.err
    for name, value in (("b1", '"RAILS_ENV": "staging"'), ("c1", '"STAGE=staging"')):
        source = batch(project, name)
        assert "# - stages: staging (no job of stage production is like it" in source
        assert 'stages = frozenset({"staging"})' in source
        assert (value in source, 'scheduler="nobody"' in source, '"production"' in source) == (True, True, False)
    assert "other stages differ: paste it into batches/a1" in done.err
    assert done.err.count("other stages differ") == 1


@pytest.mark.parametrize("same", [True, False])
def test_a_batch_is_in_the_other_stages_that_have_the_same(tmp_path: Path, same: bool) -> None:
    project = write_project(tmp_path / "project")
    for stage in ACCOUNTS:
        (tmp_path / f"ecs/{stage}").mkdir(parents=True)
        data = definition("shop", stage, cpu=512 if same else 512 * len(stage))["taskDefinition"]
        data |= {"taskRoleArn": "", "executionRoleArn": ""}
        data["containerDefinitions"][0] |= {"environment": [], "secrets": [], "image": "acme/shop:1"}
        (tmp_path / f"ecs/{stage}/shop.json").write_text(json.dumps(data))

    call(project, "new", "--from", "task-definition", "../ecs")

    assert ("stages =" in batch(project, "shop")) is not same


def test_subnets_that_only_jobs_name_are_reported_for_their_stage(tmp_path: Path) -> None:
    config = cdk_json()
    for facts in config["context"]["stages"].values():
        del facts["subnets"]

    done = move(write_project(tmp_path / "project", config), [job("a1", NETWORK)])

    assert re.findall("cdk.json has no subnets for stage .*", done.err) == [
        "cdk.json has no subnets for stage production yet; the jobs name subnet-1, subnet-9"
    ]


def test_a_file_that_exists_is_left_alone_and_a_batch_that_is_declared_is_not_written(project: Path) -> None:
    move(project, [job("a1", wrapped()), job("a2", wrapped()), job("b1", wrapped("billing"))])
    before = contents(project)

    done = move(project, [job("a1", wrapped()), job("b1", wrapped("billing"))])

    assert (done.code, contents(project)) == (1, before)
    message = " ".join(done.err.split())
    assert "it is the batch 'a1' of batches/shop already. Change it there, or give another name" in message

    done = move(project, [job(name, wrapped()) for name in ("a3", "a4")])
    assert done.code == 0, done.err
    assert before.items() <= contents(project).items()
    assert '"a3": {' in batch(project, "shop_2")


def test_bad_jobs_are_reported_and_the_others_are_written(project: Path) -> None:
    done = move(project, [job("a1", wrapped()), job("a1", wrapped()), job("x", wrapped("shopp"))])

    said = ("1 of 3 jobs from Rundeck written", "it would be a second batch a1", "Did you mean")
    assert (done.code, [part for part in said if part not in done.err]) == (1, [])
    assert "no task definition of family 'shopp'" in done.err
    assert set((project / "batches").iterdir()) == {project / "batches/a1", project / "batches/__init__.py"}


def test_a_todo_has_the_original_text_and_is_one_a_definition(project: Path) -> None:
    jobs = [job("a1", wrapped(), retry="3"), job("a2", wrapped(), retry="3", nodefilters={"filter": "tags: x"})]

    done = move(project, [*jobs, job("a3", wrapped()), job("b1", wrapped("billing"))])

    source = batch(project, "shop")
    assert source.count("TODO") == 1
    todo = 'carry over what a declaration cannot say, then delete unfinished= and write scheduler="rundeck":'
    for comment in (f"TODO: {todo}", "- retry of a1, a2: 3 (name the ", '- nodefilters of a2: {"filter": "tags: x"}'):
        assert f"# {comment}" in source
    line = next(number for number, text in enumerate(source.splitlines(), 1) if "TODO" in text)
    assert f"TODO in batches/shop/batch.py:{line}" in done.err
    counted = ('"scheduler": "nobody"', "unfinished=[", '"scheduler": "rundeck"')
    assert [source.count(text) for text in counted] == [2, 2, 1]
    assert '                unfinished=["retry", "nodefilters"],\n' in source
    assert 'scheduler="rundeck"' in batch(project, "b1")
    assert "4 of 4 jobs from Rundeck written; 2 have a TODO and are started by nobody until it is done" in done.err
    assert done.code == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--from", "rundeck", "missing.yaml"], "missing.yaml cannot be read"),
        (["--from", "jenkins", "x"], "'jenkins' is not one of"),
        (["--from", "rundeck", "cdk.json", "--step", "("], "is not a regular expression"),
        (["--from", "rundeck", "cdk.json", "--task-definitions", "nowhere"], "nowhere"),
        (["--from", "rundeck", "cdk.json", "--task-definitions", "."], "no task definition in ."),
        (["--from", "rundeck", "cdk.json", "--only", "a"], "no job becomes a batch 'a'. cdk.json:1: it is not a list"),
        (["--from", "rundeck", "cdk.json", "--stage", "stagin"], "no such stage 'stagin'"),
        (["--from", "rundeck", "cdk.json", "--name", "a=b1"], "no job is called 'a'. cdk.json:1: it is not a list"),
        (["--from", "rundeck", "cdk.json", "--name", "x"], "has no ="),
        (["--from", "rundeck", "cdk.json", "--image", "Shop"], "'Shop' is not a name for an image"),
        (["--from", "rundeck", "cdk.json", "--owner", " "], "' ' is not an owner"),
        (["--from", "rundeck", "cdk.json", "--name", "a1=日次"], "'日次' is not a name for a batch"),
        (["a", "--step", "(?P<family>x)"], "--step was given without --from"),
        (["a", "b"], "nothing was made: 2 names were given, and a batch has one"),
    ],
)
def test_what_is_asked_for_in_a_wrong_way(project: Path, words: list[str], why: str) -> None:
    done = call(project, "new", *words)

    assert done.code == 2
    assert why in done.err


def test_stdin_is_read_as_a_file_is(project: Path) -> None:
    content = "\ufeff# Sums up.\r\n0 1 * * * report\r\n".encode()

    assert call(project, "new", "--from", "crontab", "-", stdin=content).code == 0
    assert '"""Sums up."""' in batch(project, "report")
    done = call(project, "new", "--from", "crontab", "-", stdin="0 1 * * * 集計".encode("shift_jis"))
    assert (done.code, "- cannot be read: it is not UTF-8" in done.err) == (2, True)


def test_without_pyyaml_it_says_what_to_install(project: Path, tmp_path: Path) -> None:
    (tmp_path / "hidden/yaml").mkdir(parents=True)
    (tmp_path / "hidden/yaml/__init__.py").write_text("raise ModuleNotFoundError('yaml')\n")
    (tmp_path / "jobs.yaml").write_text("- name: a\n")
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'hidden')!r}); from batchwright_runner.cli import main; main()"
    )

    done = run(project, sys.executable, "-c", script, "new", "--from", "rundeck", "../jobs.yaml")

    assert done.code == 125
    assert f"PyYAML is not installed. Install batchwright with it: uv tool install {requirement('local')}" in done.err


def test_a_crontab(project: Path) -> None:
    (project.parent / "crontab").write_text(
        "# Closes orders.\n30 2 * * * cd /srv && rake close\n0 4 * * * /opt/sync.sh\n0 3 * * * other\n"
        "30 2 1 * * bill --month=$(date -d 'last month' +\\%Y-\\%m)\n"
    )

    done = call(project, "new", "--from", "crontab", "../crontab", "--image", "shop")

    assert done.code == 0, done.err
    source = batch(project, "shop")
    for argument in ('"scheduler": "nobody"', '"image": "shop"', '"command": ["rake", "close"]'):
        assert argument in source
    assert (source.count("TODO"), source.count("it is more than one command")) == (1, 1)  # of the line with $(…)
    assert source.count('"environment": {"TZ": "Asia/Tokyo"}') == 1  # the host's zone, of that line alone
    rows = [line.split("  ") for line in done.out.decode().splitlines()]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert cells[0] == ["job", "batch", "next due", "before the first run", "note"]
    assert [(row[1], row[2][-9:], *row[3:]) for row in cells[1:]] == [
        ("close", "02:30 JST", "-", "ran in /srv"),
        ("sync", "04:00 JST", "-", "-"),
        ("other", "03:00 JST", "-", "-"),
        ("bill", "02:30 JST", "command", "-"),
    ]


def test_sixty_lines_of_whenever_are_one_table_and_have_one_todo(project: Path) -> None:
    (project.parent / "crontab").write_text(whenever.crontab())

    done = call(project, "new", "--from", "crontab", "../crontab")

    assert done.code == 0, done.err
    assert re.findall(r"# - (\w+)(?: of .*)?: ", batch(project, "jobs")) == ["image", "image"]  # with cd, and without
    rows = [re.split(r"  +", line) for line in done.out.decode().splitlines()[1:]]
    assert (len(rows), {row[3] for row in rows}) == (60, {"image"})
    assert {row[4] for row in rows} >= {f"a login shell's profile set its variables; ran in {whenever.APP}"}


def test_one_secret_of_many_jobs_is_one_todo_and_shared(project: Path) -> None:
    option = {"name": "DB_PASS", "secure": True, "storagePath": "keys/db"}
    command = "rake a --token hunter2 --url '${option.DB_PASS}'"
    jobs = [job(f"a{n}", wrapped(command=command), options=[option]) for n in range(20)]
    typed_in = {"name": "PIN", "secure": True}

    done = move(project, [*jobs, *(job(f"b{n}", wrapped("billing"), options=[typed_in]) for n in range(2))])

    assert done.code == 0, done.err
    source = batch(project, "shop")
    assert "hunter2" not in f"{source}{done.err}{done.out.decode()}"
    assert source.count('Secret.shared("TOKEN")') == source.count('Secret.shared("DB_PASS")') == 1
    assert re.findall(r"# - (\S+): ", source) == ["secrets.DB_PASS", "secrets.TOKEN"]
    assert "batchwright params set --shared TOKEN -s STAGE" in " ".join(source.replace("#", "").split())
    assert batch(project, "billing").count('Secret("PIN")') == 1


@pytest.mark.parametrize(("words", "guessed"), [("", True), (" --container agent", False)])
def test_a_main_container_that_was_a_guess_is_a_todo(project: Path, words: str, guessed: bool) -> None:
    shared = definition("shop", "production")
    app = shared["taskDefinition"]["containerDefinitions"][0]
    shared["taskDefinition"]["containerDefinitions"] = [{**app, "name": "agent"}, app]
    (project.parent / "shop.json").write_text(json.dumps(shared))
    (project.parent / "crontab").write_text(f"0 4 * * * ecs-task run -d production-shop{words} --command 'rake a:b'\n")

    done = call(project, "new", "--from", "crontab", "../crontab", "--task-definitions", "../shop.json")

    assert done.code == 0, done.err
    source = batch(project, "a_b")
    assert ("# - essential: agent, app (agent was taken for the main container: is it?)" in source) is guessed


def test_forty_jobs_become_a_project_that_is_linted_and_typed_and_synthesizes(tmp_path: Path) -> None:
    init(tmp_path, "project", "--ci", "none")
    folder = installed(tmp_path / "project")
    (folder / "cdk.json").write_text(json.dumps(cdk_json()))
    odd = job(
        "odd",
        wrapped(command="rake a[${option.date}] 'b \"c' \u30ce\u2212\u2236 --bind 0.0.0.0 --dir /tmp/x"),
        description="日本語の説明\uff08長い\uff09。" * 30 + "\n\nMore — of it: " + "word " * 60,
        options=[{"name": "TOKEN_TTL", "value": "5", "description": "\u2212日\u2236"}],
        notification={"onfailure": {"email": {"recipients": "a@example.com," * 20}}},
    )
    first = [entry for entry in forty_jobs() if not entry.keys() & {"timeout", "options"}]
    rest = [entry for entry in forty_jobs() if entry not in first]
    references = [{"jobref": {"uuid": entry["uuid"]}} for entry in rest]
    night = job("step", "", description="Workflow: Parallel, Option.", sequence={"commands": references})
    for part in (first, [*rest, odd, night]):
        done = move(folder, part)
        assert done.code == 0, done.err
        assert f"{len(part)} of {len(part)} jobs from Rundeck written" in done.err

    made = {path.parent.name.removesuffix("_2") for path in folder.glob("batches/*/batch.py")}
    assert made == {*FAMILIES, "hello"} - {"shop-large"}
    assert "".join(path.read_text() for path in folder.glob("batches/*/*.py")).count("# TODO") == 1  # of the odd one
    checks = [*linted(folder), typed(folder), run(folder, sys.executable, "app.py", CDK_OUTDIR="cdk.out")]
    assert [check.code for check in checks] == [0] * 4, "\n".join(check.both for check in checks)
    for stage, account in [("production", ACCOUNTS["production"])]:
        file = json.loads((folder / f"cdk.out/batches/{stage}/mailer-task-03.json").read_text())
        assert file["task"]["taskRoleArn"] == f"arn:aws:iam::{account}:role/acme-{stage}-task"
        assert file["manifest"]["scheduler"] == "rundeck"
        assert file["manifest"]["options"] == [
            {"name": "date", "pattern": r"\d{4}-\d\d-\d\d", "description": "The day"}
        ]
        assert file["manifest"]["log_group"] == f"/ecs/{stage}-mailer"
        secrets = {secret["name"]: secret["valueFrom"] for secret in file["task"]["containerDefinitions"][0]["secrets"]}
        assert secrets["API_KEY"] == f"arn:aws:ssm:{REGION}:{account}:parameter/acme/{stage}/mailer/api_key"
        assert len(list((folder / f"cdk.out/batches/{stage}").glob("*.json"))) == 40 + len(["odd", "hello"])


SALES = "日次売上集計-production"


def test_a_name_that_is_none_here_is_given_another_and_kept(project: Path) -> None:
    jobs = [job(SALES, wrapped(), description="Sums up."), job("a1", wrapped("billing"))]

    refused = move(project, jobs, "--only", SALES)
    done = move(project, jobs, "--name", f"{SALES}=daily-sales")

    assert refused.code == 1
    assert f"Give it one: --name '{SALES}=NEW'" in refused.err
    assert done.code == 0, done.err
    assert f'"""{SALES}: Sums up."""' in batch(project, "daily_sales")


def test_what_was_asked_for_and_cannot_be_written_has_its_reason(project: Path) -> None:
    jobs = [job("a1", wrapped()), job("b1", "docker run acme/b"), job("c1-production", wrapped("shopp"))]

    done = move(project, jobs, "--only", "a1", "--only", "b1", "--only", "c1")

    assert done.code == 1
    assert "2 of 3 jobs from Rundeck written; 1 has a TODO" in done.err
    assert "no task definition of family 'shopp'" in done.err


def test_no_batch_takes_the_folder_or_the_ids_of_another(project: Path) -> None:
    (project / "batches/mailer").mkdir(parents=True)
    (project / "batches/mailer/batch.py").write_text('"""Their own."""\n')
    move(project, [job("s1", wrapped()), job("s2", wrapped())])
    shop, billing = [job("billing", wrapped())], [job(name, wrapped("billing")) for name in ("b1", "b2")]
    mailer = [job(name, wrapped("mailer")) for name in ("search", "m2")]
    search = [job(name, wrapped("search")) for name in ("c1", "c2")]

    done = move(project, [*shop, *billing, *mailer, *search])

    assert "7 of 7 jobs from Rundeck written" in done.err
    sources = "".join(path.read_text() for path in project.glob("batches/*/batch.py"))
    ids = re.findall(r'"(\w+(?:TaskRole|ExecutionRole|LogGroup)\w*)"', sources)
    assert sorted(set(ids)) == sorted(ids)


def test_a_name_is_asked_for_at_a_terminal_until_it_can_be_one(project: Path) -> None:
    house = project.parent / "house"
    house.mkdir()
    write_house(house, [job(SALES, wrapped()), job("a1", wrapped("billing"))])
    words = ["new", "--from", "rundeck", "../house/jobs.yaml", "--task-definitions", "../house/ecs", "--step", WRAPPER]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(project)
        os.execv(sys.executable, [sys.executable, "-m", "batchwright_runner", *words])
    shown = ""
    answers = ["Daily Sales\n", "daily-sales\n"]
    with contextlib.suppress(OSError):  # the terminal's end
        while part := os.read(terminal, 4096):
            shown += part.decode(errors="replace")
            if answers and shown.count("Enter):") == 3 - len(answers):
                os.write(terminal, answers.pop(0).encode())
    os.waitpid(child, 0)

    assert "is not a name for a batch" in " ".join(shown.split())
    assert shown.count("Name of the batch for") == 2
    assert "2 of 2 jobs from Rundeck written" in shown
    assert "class DailySales" in batch(project, "daily_sales")
