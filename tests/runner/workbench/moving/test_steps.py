"""What a job starts, as ecs-task, the AWS CLI and a wrapper of the house say it."""

import json
import re
import shlex

import pytest

from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.moving.jobs import JobStep, Todo
from batchwright_runner.workbench.moving.steps import check_pattern, propose_step, read_step
from batchwright_runner.workbench.moving.words import WordsError

OVERRIDES = {
    "containerOverrides": [{"name": "app", "command": ["rake", "a"], "environment": [{"name": "A", "value": "1"}]}]
}
RUN = "ecs-task run -c c -d shop --command 'rake a'"
NETWORK = "awsvpcConfiguration={subnets=[subnet-1,subnet-2],securityGroups=[sg-1],assignPublicIp=DISABLED}"


def step(text: str, *patterns: str) -> JobStep:
    read = read_step(text, [check_pattern(pattern) for pattern in patterns])
    assert read is not None
    return read


def test_ecs_task() -> None:
    read = step(
        "AWS_PROFILE=prod sudo -u deploy /usr/local/bin/ecs-task run --cluster=c --container app -d shop:12 "
        "--command='bundle exec rake \"a b\"' --fargate --subnets subnet-1,subnet-2 -g sg-1 -t 3600 "
        "--task-size-cpu=1024 --task-size-memory 2048 --region ap-northeast-1 2>&1 | tee log"
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
    )


@pytest.mark.parametrize(
    "wrapped", ["{}", "docker run --rm -e A=1 h3poteto/ecs-task {}", "flock -n /tmp/lock {}", "cd /srv && {}"]
)
def test_what_a_command_is_wrapped_in(wrapped: str) -> None:
    assert step(wrapped.format("ecs-task run -c c -d shop --command true")).family == "shop"


def test_run_task() -> None:
    read = step(
        f"""#!/bin/bash
set -eu
ARN=$(aws --profile prod ecs run-task --cluster c --launch-type FARGATE \\
  --task-definition arn:aws:ecs:eu-west-1:111111111111:task-definition/shop:3 \\
  --network-configuration "{NETWORK}" \\
  --overrides '{json.dumps(OVERRIDES)}' --query 'tasks[0].taskArn' --output text)
aws ecs wait tasks-stopped --cluster c --tasks "$ARN"
exit $(aws ecs describe-tasks --cluster c --tasks "$ARN" --query 'tasks[0].containers[0].exitCode')
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
        ("--enable-execute-command", Todo("aws ecs run-task --enable-execute-command", "--enable-execute-command")),
        ("--launch-type EC2", Todo("aws ecs run-task --launch-type", "EC2", "a batch runs on Fargate")),
        ("--platform-version LATEST --launch-type FARGATE", None),
        (
            "--platform-version 1.3.0",
            Todo("aws ecs run-task --platform-version", "1.3.0", "a batch has the newest"),
        ),
        ("--group nightly", Todo("aws ecs run-task --group", "nightly")),
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
    ("text", "why"),
    [
        (f"{CLI} --overrides file://o.json", "file of its own"),
        (f"{CLI} --overrides '{{'", "is not JSON"),
        (f"{CLI} --overrides '[]'", "not an object"),
        (over([{"name": "a", "command": "rake a"}]), "--overrides: containerOverrides[0].command is 'rake a'"),
        (over([{"environment": {"A": "1"}}]), "containerOverrides[0].environment is {'A': '1'}, not a list"),
        (over([{"environment": [{"name": "A"}]}]), "containerOverrides[0].environment[0] has no value"),
        (over(["a"]), "containerOverrides[0] is 'a', not an object"),
        (over([None]), "containerOverrides[0] is null"),
        (
            f"{CLI} --network-configuration '{json.dumps({'awsvpcConfiguration': {'subnets': 'subnet-1'}})}'",
            "awsvpcConfiguration.subnets is 'subnet-1', not a list",
        ),
        ("aws ecs run-task --cluster c", "--task-definition is missing"),
        ("ecs-task run --cluster c", "--task-definition is missing"),
        ("ecs-task run -d shop --command 'true", "cannot be read as a command"),
    ],
)
def test_a_command_that_cannot_be_read(text: str, why: str) -> None:
    with pytest.raises(WordsError, match=re.escape(why)):
        read_step(text)


def test_a_wrapper_of_the_house() -> None:
    read = step(
        "/opt/bin/batch-run production shop -- bundle exec rake 'a b'",
        r"batch-run (?P<stage>\w+) (?P<family>\S+) -- (?P<command>.+)",
    )

    assert read == JobStep(family="shop", stage="production", command=("bundle", "exec", "rake", "a b"))


def test_a_wrapper_that_has_names_of_its_own() -> None:
    read = step("run-it close-orders and more", r"run-it (?P<name>\S+)")

    assert (read.name, read.family, read.command) == ("close-orders", "close-orders", None)
    assert read.todos == (Todo("step", "and more", "it follows what --step matches"),)


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


@pytest.mark.parametrize("text", ["echo hello", "rake a", "docker run x", "ecs-task stop", "aws s3 cp a b"])
def test_what_starts_no_task(text: str) -> None:
    assert read_step(text) is None


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

    assert read == JobStep(
        family="a", waits=False, todos=(Todo("aws ecs run-task --cli-input-json", "file://run.json"),)
    )


@pytest.mark.parametrize(
    ("text", "timeout", "alone"),
    [
        ("timeout 30m ecs-task run -d a", 1800, False),
        ("timeout -k 10 --signal=TERM 1.5h ecs-task run -d a -t 60", 60, False),
        ("timeout 0 ecs-task run -d a", None, False),
        ("timeout 60 aws ecs run-task --task-definition a", None, False),
        ("flock -n /tmp/l ecs-task run -d a", None, True),
        ("flock -n /tmp/l timeout 90 ecs-task run -d a", 90, True),
        ("flock -w 10 /tmp/l ecs-task run -d a", None, False),
    ],
)
def test_what_programs_before_the_command_do_to_it(text: str, timeout: int | None, alone: bool) -> None:
    read = step(text)

    assert (read.timeout, bool(read.alone)) == (timeout, alone)
    assert [todo.field for todo in read.todos] == (["flock"] if "-w" in text else [])


WRAPPER = r"run-batch (?P<stage>\S+) (?P<family>\S+) (?P<command>.+)"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f'[ "$(date +%u)" = 1 ] && {RUN}', "'[ $(date +%u) = 1 ]'"),
        (f'[ "$DAY" -le 7 ] || exit 0\n{RUN}', "'[ $DAY -le 7 ]'"),
        (f"{RUN}; aws ecs update-service --desired-count 4", "'aws ecs update-service --desired-count 4'"),
        (f"{RUN} | mail -s done ops@example.com", "'mail -s done ops@example.com'"),
        (f"{RUN}\n{RUN}", "'ecs-task run -c c -d shop --command rake a'"),
        (f"aws ecs list-tasks | grep -q arn && exit 0; {RUN}", "'grep -q arn'"),
        (f"aws ecs list-tasks || {RUN}", "decides whether there is one"),
        (f"exit 0\n{RUN}", "'exit 0'"),
        (f"{RUN} | grep -q OK", "'grep -q OK'"),
        (f"sudo xargs -n1 {RUN}", "'sudo xargs -n1'"),
        (f"if {RUN}; then exit 0; fi", "among other commands"),
        ("start() {\n  aws --profile p ecs run-task --task-definition a\n}\nstart", "'start() {'"),
    ],
)
def test_what_does_more_than_to_start_a_task_is_refused(text: str, why: str) -> None:
    with pytest.raises(WordsError, match=re.escape(why)) as refused:
        read_step(text)
    assert "declare the batch by hand" in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        f"{RUN} 2>&1 | tee log",
        f"{RUN} | grep -v debug",
        f'{RUN}\nCODE=$?\n[ "$CODE" = 0 ] || exit 1',
        f"cd /srv && {RUN}",
        f"nice -n 10 ionice -c3 {RUN} || exit 1",
        f"{RUN} | tee -a /var/log/a.log",
    ],
)
def test_what_only_shows_or_waits_is_not(text: str) -> None:
    assert step(text).todos == ()


@pytest.mark.parametrize(
    ("after", "todos"),
    [
        ("|| true", "|| true"),
        ("; exit 0", "; exit 0"),
        ("|| echo failed", "|| echo failed"),
        ("> /data/a.csv", "> /data/a.csv"),
        ("| tee /data/a.csv", "tee /data/a.csv"),
        ("< /data/a.csv", "< /data/a.csv"),
    ],
)
@pytest.mark.parametrize("run", [RUN, "run-batch staging shop rake one"])
def test_what_makes_another_code_or_a_file_is_left_to_do(run: str, after: str, todos: str) -> None:
    assert [todo.text for todo in step(f"{run} {after}", WRAPPER).todos] == [todos]


@pytest.mark.parametrize(
    ("text", "todos"),
    [
        ('ecs-task run -d shop --command "rake report[$REGION]"', ["report[$REGION]"]),
        ('ecs-task run -d shop --command "rake day[$(date +%F)]"', ["day[$(date"]),
        ("ecs-task run -d shop --command 'rake `hostname`'", ["`hostname`"]),
        ('ecs-task run -d shop --command "rake day[${option.date}]"', []),
        ("ecs-task run -d shop --command 'rake cost[5$]'", []),
    ],
)
def test_what_the_hosts_shell_filled_in_is_left_to_do(text: str, todos: list[str]) -> None:
    assert [todo.text for todo in step(text).todos if todo.field == "command"] == todos


@pytest.mark.parametrize(
    ("text", "command", "todos"),
    [
        ("run-batch staging shop rake one >> /var/log/one.log 2>&1", ["rake", "one"], []),
        ("run-batch staging shop rake one > /data/one.csv", ["rake", "one"], ["> /data/one.csv"]),
        ("run-batch staging shop 'bundle exec rake \"a b\"'", ["bundle", "exec", "rake", "a b"], []),
        ("cd /srv && /srv/bin/run-batch staging shop rake one; exit $?", ["rake", "one"], []),
        ("run-batch staging shop rake one\n", ["rake", "one"], []),
        ("run-batch staging shop 'cd /app && rake one'", ["sh", "-c", "cd /app && rake one"], ["cd /app && rake one"]),
        ("run-batch staging shop 'rake day[${option.date}]'", ["rake", "day[${option.date}]"], []),
        ('run-batch staging shop r "a[$(date +%F)]"', ["sh", "-c", 'r "a[$(date +%F)]"'], ['r "a[$(date +%F)]"']),
        ("run-batch staging shop rake one *.csv", ["rake", "one", "*.csv"], ["*.csv"]),
        ("run-batch staging shop rake 'one[*]'", ["rake", "one[*]"], []),
        ("run-batch staging shop r ${unquotedoption.a}", ["r", "${unquotedoption.a}"], ["${unquotedoption.a}"]),
        ("run-batch staging shop rake $DAY && echo done", ["sh", "-c", "rake $DAY"], ["rake $DAY"]),
        ("A=1 AWS_PROFILE=p run-batch staging shop rake one", ["rake", "one"], ["A=1"]),
    ],
)
def test_what_stands_beside_a_wrappers_command(text: str, command: list[str], todos: list[str]) -> None:
    read = step(text, WRAPPER)

    assert (read.stage, read.family, list(read.command or ())) == ("staging", "shop", command)
    assert [todo.text for todo in read.todos] == todos


@pytest.mark.parametrize(
    "text",
    [
        "/opt/stop-web.sh && run-batch staging shop rake one",
        "run-batch staging shop rake one && curl https://up",
        '[ "$(date +%u)" = 1 ] && /srv/bin/run-batch staging shop rake one',
        "echo a || run-batch staging shop rake one",
        "for day in 1 2\ndo\n  run-batch staging shop rake one\ndone",
    ],
)
def test_what_does_more_than_to_call_a_wrapper_is_refused(text: str) -> None:
    with pytest.raises(WordsError, match="the start of a task"):
        step(text, WRAPPER)


@pytest.mark.parametrize("before", ["ssh batch1 ", "xargs -I% ", "/opt/dry-", "while ! ", "sudo find . -exec "])
def test_what_calls_a_wrapper_elsewhere_or_often_is_refused(before: str) -> None:
    with pytest.raises(WordsError, match="before the start of a task"):
        step(f"{before}run-batch staging shop rake one", WRAPPER)


@pytest.mark.parametrize(
    ("text", "timeout", "alone"),
    [
        ("flock -n /tmp/l run-batch staging shop rake one", None, True),
        ("timeout 300 /srv/bin/run-batch staging shop rake one", 300, False),
    ],
)
def test_what_programs_before_a_wrapper_do_to_it(text: str, timeout: int | None, alone: bool) -> None:
    read = step(text, WRAPPER)

    assert (read.timeout, bool(read.alone), read.todos) == (timeout, alone, ())


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('run-ecs production ec-batch "bundle exec rake stock:sync"', ["bundle", "exec", "rake", "stock:sync"]),
        ("/opt/bin/run.sh prod ec-batch rake stock:sync", ["rake", "stock:sync"]),
        ("batch --env production --task ec-batch -- rake stock:sync", ["rake", "stock:sync"]),
        ("batch --env=stg --task=ec-batch rake 'a b'", ["rake", "a b"]),
        ("start-batch ec-batch rake day[${option.date}]", ["rake", "day[${option.date}]"]),
        ("start-batch ec-batch", []),
    ],
)
def test_a_pattern_that_is_proposed_reads_its_line(text: str, command: list[str]) -> None:
    read = step(text, propose_step(text))

    assert (read.family, list(read.command or ())) == ("ec-batch", command)


@pytest.mark.parametrize("text", ["", "rake", "run 'open", "run-ecs production a rake b && curl c"])
def test_no_pattern_is_proposed_that_does_not_read_its_line(text: str) -> None:
    assert propose_step(text) == ""
