"""What a line does: exactly one start of a task, one command of the host, or whatever it is, as a whole."""

import json
import re
import shlex

import pytest

from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.moving.jobs import JobStep, Todo
from batchwright_runner.workbench.moving.lines import check_pattern, read_line
from tests.kit.rows import each_row, rows

OVERRIDES = {
    "containerOverrides": [{"name": "app", "command": ["rake", "a"], "environment": [{"name": "A", "value": "1"}]}]
}
RUN = "ecs-task run -c c -d shop --command 'rake a'"
NETWORK = "awsvpcConfiguration={subnets=[subnet-1,subnet-2],securityGroups=[sg-1],assignPublicIp=DISABLED}"


def step(text: str, *patterns: str) -> JobStep:
    return read_line(text, [check_pattern(pattern) for pattern in patterns])


def why(read: JobStep) -> str:
    """Why a line stays whole."""
    (todo,) = read.todos
    assert (read.family, todo.field, (read.command or ())[:2]) == ("", "command", ("sh", "-c"))
    return todo.advice


def test_ecs_task() -> None:
    read = step(
        "cd /srv && AWS_PROFILE=prod /usr/local/bin/ecs-task run --cluster=c --container app -d shop:12 "
        "--command='bundle exec rake \"a b\"' --fargate --subnets subnet-1,subnet-2 -g sg-1 -t 3600 "
        "--task-size-cpu=1024 --task-size-memory 2048 --region ap-northeast-1 >> log/x.log 2>&1"
    )

    assert read == JobStep(
        family="shop",
        revision=12,
        cluster="c",
        container="app",
        command=("bundle", "exec", "rake", "a b"),
        region="ap-northeast-1",
        cpu=1024,
        memory=2048,
        timeout=3600,
        subnets=("subnet-1", "subnet-2"),
        security_groups=("sg-1",),
        public_ip=True,
        directory="/srv",
    )


def test_run_task() -> None:
    read = step(
        f"""#!/bin/bash
set -euo pipefail
# why
aws --profile prod ecs run-task --cluster c --launch-type FARGATE \\
  --task-definition arn:aws:ecs:eu-west-1:111111111111:task-definition/shop:3 \\
  --network-configuration "{NETWORK}" \\
  --overrides '{json.dumps(OVERRIDES)}' --query 'tasks[0].taskArn' --output text
"""
    )

    assert read == JobStep(
        family="shop",
        revision=3,
        cluster="c",
        container="app",
        command=("rake", "a"),
        environment={"A": "1"},
        subnets=("subnet-1", "subnet-2"),
        security_groups=("sg-1",),
        public_ip=False,
        waits=False,
    )


def test_run_task_in_json_and_on_spot() -> None:
    vpc = json.dumps({"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "ENABLED"}})
    read = step(
        f"aws ecs run-task --task-definition shop --network-configuration '{vpc}' --capacity-provider-strategy "
        f"capacityProvider=FARGATE_SPOT,weight=1 --overrides '{json.dumps({'cpu': '1024', 'memory': '2048'})}'"
    )

    assert (read.subnets, read.public_ip, read.spot) == (("subnet-1",), True, True)
    assert (read.cpu, read.memory) == (1024, 2048)


@pytest.mark.parametrize(
    ("flags", "todos"),
    [
        ("--count 3", Todo("aws ecs run-task --count", "3", "a run has one task; start it with --tasks")),
        ("--enable-execute-command", Todo("aws ecs run-task", "--enable-execute-command")),
        ("--launch-type EC2", Todo("aws ecs run-task --launch-type", "EC2", "a batch runs on Fargate")),
        ("--platform-version LATEST --launch-type FARGATE", None),
        ("--platform-version 1.3.0", Todo("aws ecs run-task --platform-version", "1.3.0", "a batch has the newest")),
        ("--group nightly", Todo("aws ecs run-task", "--group nightly")),
        ('--overrides \'{"taskRoleArn": "x"}\'', Todo("overrides.taskRoleArn", '"x"')),
    ],
)
def test_what_a_flag_says_and_a_declaration_cannot(flags: str, todos: Todo | None) -> None:
    assert step(f"aws ecs run-task --task-definition shop {flags}").todos == ((todos,) if todos else ())


def test_a_word_beside_the_flags_of_ecs_task_is_left() -> None:
    read = step("ecs-task run -c c -d shop --command 'rake 'b c''")

    assert (read.command, [todo.text for todo in read.todos]) == (("rake", "b"), ["c"])


@pytest.mark.parametrize(
    "text", ["aws --region us-east-1 ecs run-task --task-definition a", f"{RUN} --region us-east-1"]
)
def test_the_region_is_read(text: str) -> None:
    assert step(text).region == "us-east-1"


CLI = "aws ecs run-task --task-definition a"


def over(containers: object) -> str:
    return f"{CLI} --overrides {shlex.quote(json.dumps({'containerOverrides': containers}))}"


@pytest.mark.parametrize(
    ("text", "because"),
    [
        (f"{CLI} --overrides file://o.json", "file of its own"),
        (f"{CLI} --overrides '{{'", "is not JSON"),
        (f"{CLI} --overrides '[]'", "not an object"),
        (over([{"name": "a", "command": "rake a"}]), "--overrides: containerOverrides[0].command is 'rake a'"),
        (over([{"environment": {"A": "1"}}]), "containerOverrides[0].environment is {'A': '1'}, not a list"),
        (over([{"environment": [{"name": "A"}]}]), "containerOverrides[0].environment[0] has no value"),
        (over(["a"]), "containerOverrides[0] is 'a', not an object"),
        (over([None]), "containerOverrides[0] is null"),
        ("ecs-task run -d shop --timeout", "expected one argument"),
        ("aws ecs run-task --cluster c", "--task-definition is missing"),
        ("ecs-task run --cluster c", "--task-definition is missing"),
        ("ecs-task run -d shop --command 'true", "more than one command"),
    ],
)
def test_a_start_that_cannot_be_read_stays_whole(text: str, because: str) -> None:
    assert because in why(step(text))


def test_a_wrapper_of_the_house() -> None:
    read = step(
        "/opt/bin/batch-run production shop -- bundle exec rake 'a b'",
        r"batch-run (?P<stage>\w+) (?P<family>\S+) -- (?P<command>.+)",
    )

    assert read == JobStep(family="shop", stage="production", wrapped=True, command=("bundle", "exec", "rake", "a b"))


def test_a_wrapper_that_has_names_of_its_own() -> None:
    read = step("run-it close-orders", r"run-it (?P<name>\S+)")

    assert (read.name, read.family, read.command) == ("close-orders", "close-orders", None)
    assert "more than what --step matches" in why(step("run-it close-orders and more", r"run-it (?P<name>\S+)"))


def test_the_first_of_several_wrappers_that_fits() -> None:
    assert step("b shop", r"a (?P<family>\S+)", r"b (?P<family>\S+)").family == "shop"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", "is not a regular expression"),
        ("(?P<fam>x)", "has the group fam"),
        ("x", "does not say what is run"),
        ("(?P<command>x)", "does not say"),
    ],
)
def test_a_pattern_that_cannot_be_used(pattern: str, why: str) -> None:
    with pytest.raises(UsageError, match=re.escape(why)):
        check_pattern(pattern)


@pytest.mark.parametrize(
    "text",
    [
        "batchwright run daily-report -s production",
        "/opt/bin/batchwright run daily-report --stage=production 2>&1",
        "docker run --rm -e A batchwright-runner run daily-report -s production -o DATE=x",
        "docker run --rm acme/batchwright@sha256:0a1b run daily-report -s production",
    ],
)
def test_a_job_that_has_moved_is_known(text: str) -> None:
    assert step(text) == JobStep(moved=True, name="daily-report", stage="production")


@pytest.mark.parametrize("runner", ["batchwright", "docker run --rm acme/batchwright:stage-production"])
def test_the_look_for_missed_runs_is_no_batch(runner: str) -> None:
    assert step(f"{runner} runs -s production --missed --since 1d") == JobStep(moved=True, stage="production")


def test_nulls_are_as_good_as_nothing() -> None:
    null = {"containerOverrides": [{"name": "app", "command": None, "environment": None}], "cpu": None}
    vpc = {"awsvpcConfiguration": {"subnets": None}}
    read = step(
        f"aws ecs run-task --task-definition a --overrides {shlex.quote(json.dumps(null))} "
        f"--network-configuration {shlex.quote(json.dumps(vpc))}"
    )

    assert read == JobStep(family="a", container="app", waits=False)


def test_flags_in_a_file_of_json_are_left() -> None:
    read = step("aws ecs run-task --task-definition a --cli-input-json file://run.json")

    todo = Todo("aws ecs run-task", "--cli-input-json file://run.json")
    assert read == JobStep(family="a", waits=False, todos=(todo,))


WRAPPER = r"run-batch (?P<stage>\S+) (?P<family>\S+) (?P<command>.+)"
WRAPPED = "run-batch staging shop rake one"


@pytest.mark.parametrize("run", [RUN, CLI, WRAPPED])
@pytest.mark.parametrize("line", [row[0] for row in rows(__file__, "more_than_a_start")])
def test_a_line_that_is_more_than_one_start_stays_whole(run: str, line: str) -> None:
    text = line.format(run, run)
    read = step(text, WRAPPER)

    assert why(read)
    assert read.todos[0].text == text
    behind = "\ncode=$?; wait; exit $code" if text.endswith("&") else ""
    assert (read.command or ())[2] == text + behind


@each_row("text command todos", __file__, "wrappers")
def test_what_a_wrapper_starts(text: str, command: str, todos: str) -> None:
    read = step(text, WRAPPER)

    assert (read.stage, read.family, list(read.command or ())) == ("staging", "shop", json.loads(command))
    assert [todo.text for todo in read.todos] == json.loads(todos)


@each_row("line words", __file__, "simple")
def test_a_simple_command_of_the_host_is_its_words(line: str, words: str) -> None:
    read = read_line(line, host=True)

    assert (list(read.command or ()), read.todos) == (json.loads(words), ())


def test_variables_before_a_command_are_its_own() -> None:
    assert read_line("RAILS_ENV=production rake a", host=True).environment == {"RAILS_ENV": "production"}


def test_a_path_of_the_host_is_left_to_do() -> None:
    assert [todo.text for todo in read_line("/opt/x --to=/data/out ./b", host=True).todos] == ["/data/out", "./b"]


@pytest.mark.parametrize("line", [row[0] for row in rows(__file__, "of_a_host")])
def test_any_other_line_of_the_host_stays_whole(line: str) -> None:
    read = read_line(line, shell="bash", host=True)

    assert read.command == ("bash", "-c", line)
    assert [(todo.field, todo.text) for todo in read.todos] == [("command", line)]


@pytest.mark.parametrize("text", ["a" * 20_000 + ">", "a " * 20_000 + "&", " " * 20_000 + "a;", "/a" * 10_000 + "\n;"])
def test_a_line_of_any_length_is_read_at_once(text: str) -> None:
    assert why(read_line(text, [check_pattern(WRAPPER)], host=True))
