"""Jobs of Rundeck, read."""

import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest

from batchwright_runner.contract.schedules.schedule import from_cron
from batchwright_runner.workbench.moving.jobs import ForeignJob, ForeignOption, Todo
from batchwright_runner.workbench.moving.lines import check_pattern
from batchwright_runner.workbench.moving.rundeck import read_jobs
from tests.kit.moving import WRAPPER, job
from tests.kit.rows import each_row

RUN = "ecs-task run -c main -d shop --command 'rake a'"


def only_job(text: str) -> ForeignJob:
    reading = read_jobs(text, "jobs.yaml", [check_pattern(WRAPPER)])
    assert not reading.unwritable, reading.unwritable
    (read,) = reading.jobs
    return read


def changed(**changes: object) -> ForeignJob:
    return only_job(json.dumps([job("daily-report", RUN, **changes)]))


def of_steps(*commands: dict[str, Any], **changes: object) -> ForeignJob:
    return changed(sequence={"commands": commands}, **changes)


def fields(todos: Iterable[Todo]) -> dict[str, str]:
    return {todo.field: todo.text for todo in todos}


def refused(text: str) -> str:
    reading = read_jobs(text, "jobs.yaml")
    assert not reading.jobs
    (error,) = reading.unwritable
    return str(error)


def test_a_job() -> None:
    wiki = "https://wiki.example.com/report"
    read = changed(description=f"Sends the report.\n\nOwner: finance\nRunbook: {wiki}\n\nAsk first.")

    assert (read.name, read.group, read.scheduler) == ("daily-report", "daily", "rundeck")
    assert (read.description, read.owner, read.runbook) == ("Sends the report.", "finance", wiki)
    assert (read.notes, read.forbids_overlap, read.todos) == ("Ask first.", True, ())
    assert read.schedule == from_cron("30 2 * * *", "Asia/Tokyo")
    assert read.uuid == job("daily-report", RUN)["uuid"]


def test_yaml_as_people_write_it() -> None:
    read = only_job(
        """
- name: a
  uuid: 0001
  schedule:
    time: {hour: 02, minute: 08, seconds: 0}
    month: '*'
    dayofmonth: {day: 1}
  multipleExecutions: true
  timeout: 1h 30m
  sequence:
    commands:
    - exec: ecs-task run -c main -d shop --command 'rake a'
"""
    )

    assert read.schedule == from_cron("8 2 1 * *")
    assert (read.uuid, read.forbids_overlap, read.timeout) == ("0001", False, 5400)


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [("2h", 7200), ("90", 90), ("1d", 86400), ("1h 30m", 5400), ("30m", 1800), ("45s", 45), ("0", None), ("", None)],
)
def test_a_timeout(timeout: str, seconds: int | None) -> None:
    assert changed(timeout=timeout).timeout == seconds


def test_a_timeout_that_an_option_says_is_left() -> None:
    todo = Todo("timeout", "${option.timeout}", "write timeout=Duration…")
    assert changed(timeout="${option.timeout}").todos == (todo,)


@pytest.mark.parametrize("switch", ["scheduleEnabled", "executionEnabled"])
def test_a_job_that_is_switched_off_has_no_scheduler(switch: str) -> None:
    read = changed(**{switch: False})

    assert (read.scheduler, read.schedule) == ("nobody", changed().schedule)


@pytest.mark.parametrize(
    ("schedule", "meant"),
    [
        ({"crontab": "0 0 9 ? * MON-FRI *"}, "0 9 * * MON-FRI"),
        (
            {"month": "1-3", "time": {"hour": "0/2", "minute": "5", "seconds": "0"}, "weekday": {"day": "2,4"}},
            "5 */2 * 1-3 MON,WED",
        ),
        ({"month": "*", "time": {"hour": "3", "minute": "0"}, "dayofmonth": {"day": "15"}}, "0 3 15 * *"),
        ({"month": {"month": "JAN"}, "time": {"hour": "3", "minute": "0"}, "weekday": {"day": "*"}}, "0 3 * JAN *"),
        ({"time": {"hour": "3", "minute": "30"}}, "30 3 * * *"),
        ({"time": {"minute": "30"}, "year": "*"}, "30 0 * * *"),
        ({"weekday": {"day": "MON"}}, "0 0 * * MON"),
    ],
)
def test_a_schedule_in_both_forms(schedule: dict[str, Any], meant: str) -> None:
    assert changed(schedule=schedule).schedule == from_cron(meant, "Asia/Tokyo")


def test_a_job_without_a_schedule() -> None:
    unscheduled = job("a", RUN)
    del unscheduled["schedule"]

    assert only_job(json.dumps([unscheduled])).schedule is None


def test_options() -> None:
    options = [
        {"name": "date", "description": "The day\nto report", "regex": r"\d+", "required": True},
        {"name": "kind", "values": ["a", "b"], "enforced": True, "value": "a"},
        {"name": "size", "values": "1,2"},
        {"name": "target-id", "value": "${job.name}"},
        {"name": "db_password", "secure": True, "valueExposed": True, "storagePath": "keys/shop/db"},
        {"name": "typed", "secure": True, "value": "hunter2", "required": True},
    ]
    read = changed(options=options)

    assert read.options == (
        ForeignOption(name="date", description="The day to report", pattern=r"\d+", required=True),
        ForeignOption(name="kind", values=("a", "b"), default="a"),
        ForeignOption(name="size"),
        ForeignOption(name="target_id"),
    )
    typed, stored = "who started the job typed it", "Rundeck's key storage, keys/shop/db"
    assert read.secrets == {"db_password": stored, "typed": typed}
    assert [*fields(read.todos)] == ["options.size.values", "options.target-id", "options.target-id.value"]


def test_what_cannot_be_declared_is_a_todo_with_its_text() -> None:
    slack = {"onfailure": {"plugin": {"type": "SlackNotification", "configuration": {"webhook_token": "x"}}}}
    others: dict[str, Any] = {"nodefilters": {"filter": "tags: batch"}, "orchestrator": {"type": "x"}}
    read = changed(retry="1", notification=slack, loglevel="DEBUG", **others)

    assert fields(read.todos) == {
        "retry": "1",
        "notification": json.dumps(slack),
        "nodefilters": '{"filter": "tags: batch"}',
        "orchestrator": '{"type": "x"}',
    }


def test_a_bad_job_is_reported_with_line_and_field_and_the_others_are_read() -> None:
    good = "- name: good\n  sequence: {commands: [{exec: ecs-task run -c main -d shop --command true}]}\n"
    reading = read_jobs(f"{good}- description: nameless\n", "jobs.yaml")

    assert [read.name for read in reading.jobs] == ["good"]
    assert [str(error) for error in reading.unwritable] == ["jobs.yaml:3: name: the job has none"]


@pytest.mark.parametrize(
    "commands",
    [
        [],
        [{"exec": RUN}, {"exec": "ls"}],
        [{"type": "x", "nodeStep": False}],
        [{"scriptfile": "/opt/a.sh"}],
        [{"description": "nothing"}],
        [{"script": f"#!/bin/sh\n{RUN}", "scriptInterpreter": "python3 -u"}],
        [{"script": f"#!/usr/bin/env ruby\n{RUN}"}],
    ],
)
def test_what_is_not_one_command_for_a_shell_is_left_and_does_nothing(commands: list[dict[str, Any]]) -> None:
    read = of_steps(*commands)

    assert (read.step.command, read.scheduler) == (("false",), "rundeck")
    assert fields(read.step.todos) == {"sequence.commands": json.dumps(commands).replace("false", '"false"')}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<joblist><job/></joblist>", "jobs.yaml:1: it is XML, or a page. Export the jobs as YAML"),
        ("name: a", "jobs.yaml:1: it is not a list of jobs"),
        ("- a\n- b", "it is not a list of jobs"),
        ("", "it is not a list of jobs"),
        ("- name: [a\n- b: }", "jobs.yaml:2: it is not YAML"),
        ("[" * 5_000, "it is nested too deeply"),
        ("[" * 100_000 + "]" * 100_000, "it is nested too deeply"),
        (
            "a: &a [x, x, x]\n" + "".join(f"{n}: &{n} [{f'*{p}, ' * 9}]\n" for p, n in pairwise("abcdefghij")),
            "aliases repeat",
        ),
        ("- name: a\n---\n- name: b\n", "jobs.yaml:2: it is not YAML: expected a single document in the stream, but"),
        ("- name: {a: b}\n", 'jobs.yaml:1: job {"a": "b"}: name: a mapping was given; a text is expected'),
        ("- name: a\n  sequence: [a]\n", "jobs.yaml:2: job a: sequence: a list was given; a mapping is expected"),
        ("- {name: a,\n options: [a], sequence: {commands: [{exec: a}]}}", "2: job a: options: a list of mappings"),
    ],
)
def test_a_file_of_another_format(text: str, why: str) -> None:
    assert why in refused(text)


def test_json_as_programs_write_it() -> None:
    command = "ecs-task run -c main -d shop --command 'rake 集計\U0001f600'"

    read = only_job(json.dumps([job("a", command)], indent="\t"))

    assert (read.place.line, read.step.command) == (2, ("rake", "集計\U0001f600"))


@pytest.mark.parametrize("interpreter", ["bash -e", "/usr/bin/env bash", "sudo -u app /bin/sh"])
def test_a_script_for_a_shell_is_read(interpreter: str) -> None:
    step = {"script": f"set -e\n{RUN}", "scriptInterpreter": interpreter}

    assert of_steps(step).step.family == "shop"


@pytest.mark.parametrize("flags", ["-e", "-eu", "-euo pipefail", "-e -o pipefail"])
def test_a_script_that_stays_whole_keeps_what_its_interpreter_was_told(flags: str) -> None:
    step = {"script": "a | b\nc", "scriptInterpreter": f"bash -l {flags}"}

    assert of_steps(step).step.command == ("bash", "-c", f"set {flags}\na | b\nc")


@pytest.mark.parametrize("command", ["mysqldump shop > /backup/shop.sql", f"set +e\n{RUN}", f"{RUN} &"])
def test_a_step_that_is_not_exactly_one_start_is_whole_and_one_todo(command: str) -> None:
    step = {"script" if "\n" in command else "exec": command}
    read = of_steps(step).step
    shell, flag, line = read.command or ()

    assert fields(read.todos) == {"command": command}
    assert (shell, flag, line[: len(command)]) == ("sh", "-c", command)


@pytest.mark.parametrize(
    ("option", "word", "left"),
    [
        ({}, "${option.a}", True),
        ({}, "x[${option.a}]", True),
        ({}, '"${option.a}"', False),
        ({"regex": r"\d+"}, "${option.a}", False),
        ({"secure": True}, "${option.a}", True),
        ({"secure": True}, "'${option.a}'", False),
        ({"regex": r"[a-z ]+"}, "${option.a}", True),
        ({"regex": r"v\d\.\d"}, "${option.a}", False),
        ({"values": ["a", "b"], "enforced": True}, "@option.a@", False),
        ({"values": ["a", "b c"], "enforced": True}, "@option.a@", True),
    ],
)
def test_a_value_that_may_have_been_several_words_is_left(option: dict[str, Any], word: str, left: bool) -> None:
    read = of_steps({"exec": f"{WRAPPED} rake {word}"}, options=[{"name": "a", **option}])

    assert [todo.text for todo in read.step.todos] == (["${option.a}"] if left else [])


@each_row("when why", __file__, "no_times")
def test_a_time_at_which_no_batch_can_be_due_is_left_to_do(when: str, why: str) -> None:
    crontab, _, zone = when.rpartition(" ")
    read = changed(schedule={"crontab": crontab}, timeZone=zone)

    (todo,) = read.todos
    assert (read.schedule, read.step.family, todo.field, todo.text) == (None, "shop", "schedule", when)
    assert why in todo.advice


def test_jobs_that_error_handlers_start_say_whether_they_hold() -> None:
    child = job("Close orders", RUN)
    by_name = {"name": "Close orders", "group": "daily"}
    references: list[dict[str, str]] = [
        by_name,
        {**by_name, "uuid": child["uuid"]},
        {**by_name, "uuid": child["uuid"], "useName": "true"},
        {"name": "Another", "group": "daily"},
    ]
    jobs = [
        job("night", RUN, sequence={"commands": [{"exec": RUN, "errorhandler": {"jobref": reference}}]})
        for reference in references
    ]

    reading = read_jobs(json.dumps([child, *jobs]), "jobs.yaml")

    broken = "night refers to Close orders by group and name: it breaks with the import, as both are new"
    holds = "night refers to Close orders by UUID: it holds"
    assert [note.partition(" (")[0] for note in reading.notes] == [broken, holds, broken]


def of_references(*commands: dict[str, Any], **sequence: object) -> ForeignJob:
    return changed(sequence={"commands": commands, **sequence})


def test_a_job_of_references() -> None:
    read = of_references(
        {"jobref": {"name": "a", "group": "daily", "nodeStep": "true"}, "description": "First"},
        {"jobref": {"name": "b", "uuid": "0001", "project": "ops", "failOnDisable": False}, "enabled": True},
        {"jobref": {"name": "c", "uuid": "0002", "useName": "true"}},
        keepgoing=True,
        strategy="node-first",
    )

    named = [(reference.name, reference.group, reference.uuid) for reference in read.step.references]
    assert named == [("a", "daily", ""), ("b", "", "0001"), ("c", "", "")]
    assert (read.step.keeps_going, read.step.parallel) == (True, False)
    assert (read.forbids_overlap, read.todos, read.step.todos) == (False, (), ())


@pytest.mark.parametrize(
    ("strategy", "parallel", "todos"),
    [
        ("parallel", True, []),
        ("sequential", False, []),
        ("step-first", False, []),
        ("ruleset", False, ["sequence.strategy"]),
    ],
)
def test_the_strategy_of_references(strategy: str, parallel: bool, todos: list[str]) -> None:
    step = of_references({"jobref": {"name": "a"}}, strategy=strategy).step

    assert (step.parallel, [*fields(step.todos)]) == (parallel, todos)


@pytest.mark.parametrize(
    ("command", "field", "text"),
    [
        ({"jobref": {"name": "b", "args": "-date ${option.date}"}}, "jobref.args", "-date ${option.date}"),
        ({"jobref": {"name": "b", "nodefilters": {"filter": "x"}}}, "jobref.nodefilters", '{"filter": "x"}'),
        ({"jobref": {"name": "b", "importOptions": True}}, "jobref.importOptions", "true"),
        ({"jobref": {"name": "b", "project": "ops2"}}, "jobref.project", "ops2"),
        ({"jobref": {"name": "b"}, "errorhandler": {"exec": "mail"}}, "errorhandler", '{"exec": "mail"}'),
        ({"jobref": {"name": "b"}, "enabled": False}, "enabled", "false"),
        ({"exec": "ls"}, "", '{"exec": "ls"}'),
    ],
)
def test_what_a_step_cannot_say_of_a_reference_is_left(command: dict[str, Any], field: str, text: str) -> None:
    (todos,) = of_references({"jobref": {"name": "a"}}, command).step.todos

    assert (todos.field, todos.text) == (f"sequence.commands[1].{field}".rstrip("."), text)
    assert todos.advice


def test_what_a_workflow_cannot_say_of_a_job_is_left() -> None:
    read = of_steps({"jobref": {"name": "a"}}, timeout="2h", retry="2", multipleExecutions=True)

    assert (read.timeout, all(todo.advice for todo in read.todos)) == (None, True)
    assert fields(read.todos) == {"timeout": "2h", "retry": "2", "multipleExecutions": "true"}


def test_references_that_are_all_switched_off_are_refused() -> None:
    parent = job("a", RUN, sequence={"commands": [{"jobref": {"name": "a"}, "enabled": False}]})

    assert "sequence.commands: each reference to a job is switched off" in refused(json.dumps([parent]))


def test_an_error_handler_is_left_to_do() -> None:
    step = of_steps({"exec": RUN, "errorhandler": {"exec": "mail", "keepgoingOnSuccess": True}}).step

    assert fields(step.todos) == {"step.errorhandler": '{"exec": "mail", "keepgoingOnSuccess": "true"}'}


def test_what_only_begins_a_task_limits_neither_its_time_nor_a_second_run() -> None:
    read = of_steps({"exec": "aws ecs run-task --task-definition shop"}, timeout="5m")

    assert (read.forbids_overlap, read.timeout) == (False, None)


def test_a_secret_of_a_line_takes_no_name_of_an_option() -> None:
    line = f"{WRAPPED} rake --token hunter2 --again '${{option.TOKEN}}'"
    read = of_steps({"exec": line}, options=[{"name": "TOKEN", "secure": True}])

    assert read.step.command == ("rake", "--token", "${unquotedoption.TOKEN_2}", "--again", "${option.TOKEN}")
    assert read.secrets == {"TOKEN": "who started the job typed it", "TOKEN_2": "the command line"}


def test_a_secret_of_a_line_is_a_variable() -> None:
    line = f"{WRAPPED} rake a --api-key hunter2 postgres://u:hunter3@db"
    read = of_steps({"exec": line})

    key, address = "${unquotedoption.API_KEY}", "postgres://${unquotedoption.SECRET}@db"
    assert read.step.command == ("rake", "a", "--api-key", key, address)
    assert read.secrets == {"API_KEY": "the command line", "SECRET": "the command line"}
    assert "hunter" not in repr(read)


CLI = "aws ecs run-task --cluster c --task-definition shop"
ECS = "ecs-task run -c c -d shop --command"
WRAPPED = "run-batch production shop"
FILLED = {"name": "D", "value": "${option.date}"}
OPEN = [
    f"{CLI} --capacity-provider-strategy capacityProvider=FARGATE,base=1 capacityProvider=FARGATE_SPOT,weight=4",
    f"{CLI} --capacity-provider-strategy capacityProvider=hosts,weight=1",
    f"{CLI} --network-configuration file://net.json",
    f"{CLI} --network-configuration 'awsvpcConfiguration={{subnets=[\"$SUBNET\"]}}'",
    f"{CLI} --overrides '{json.dumps({'containerOverrides': [{'environment': [FILLED]}]})}'",
    f"{ECS} 'rake a && rake b'",
    f"{ECS} 'rake a; rake b'",
    f"{ECS} 'rake a' --task-size-cpu ${{option.kind}}",
    f"{WRAPPED} A=1 rake a",
    f"{WRAPPED} \"rake 'a b'\" c",
    f"{WRAPPED} rake ${{option.nope}}",
    f"{WRAPPED} rake ${{job.execid}}",
    f"{WRAPPED} rake @job.execid@",
]


@pytest.mark.parametrize("text", OPEN)
def test_a_step_that_does_more_is_not_written_or_has_something_left_to_do(text: str) -> None:
    step = {"script" if "\n" in text else "exec": text}
    worker = job("a", "", sequence={"commands": [step]}, options=[{"name": "date"}, {"name": "kind", "value": "b"}])
    reading = read_jobs(json.dumps([worker]), "jobs.yaml", [check_pattern(WRAPPER)])

    todos = [todo for read in reading.jobs for todo in (*read.step.todos, *read.todos)]
    assert (bool(todos), bool(reading.unwritable)) in ((True, False), (False, True))
