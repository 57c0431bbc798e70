"""Crontabs, read: their odd corners, and sixty lines as the gem whenever writes them."""

from collections.abc import Sequence

import pytest

from batchwright_runner.contract.schedules.schedule import from_cron
from batchwright_runner.workbench.moving.crontab import read_crontab
from batchwright_runner.workbench.moving.jobs import ForeignJob
from batchwright_runner.workbench.moving.lines import check_pattern
from tests.kit import whenever
from tests.kit.rows import each_row, rows


def jobs(text: str, file: str = "crontab") -> Sequence[ForeignJob]:
    reading = read_crontab(text, file)
    assert not reading.unwritable, [str(error) for error in reading.unwritable]
    return reading.jobs


def only_job(text: str, file: str = "crontab") -> ForeignJob:
    (job,) = jobs(text, file)
    return job


@each_row("fields meant", __file__, "times")
def test_when(fields: str, meant: str) -> None:
    assert only_job(f"{fields} /bin/true").schedule == from_cron(meant)


def test_percent_begins_the_input_and_a_backslash_keeps_it() -> None:
    step = only_job(r"0 1 * * * report a%Hello%world \% of").step
    (todo,) = step.todos

    assert step.command == ("sh", "-c", "printf '%s\\n' 'Hello\nworld % of' | {\nreport a\n}")
    assert todo.advice == "what follows % is the command's input"
    assert only_job(r"0 1 * * * backup --to=x-\%d").step.command == ("backup", "--to=x-%d")


def test_variables_hold_for_the_lines_that_follow() -> None:
    first, second = jobs("A=1\n0 1 * * * one\nA = '2 3'\nCRON_TZ=Asia/Tokyo\nPATH=/bin\nMAILTO=\"ops\"\n0 2 * * * two")

    assert (first.step.environment, second.step.environment) == ({"A": "1"}, {"A": "2 3"})
    assert first.schedule is not None
    assert second.schedule is not None
    assert (first.schedule.zone, second.schedule.zone) == ("", "Asia/Tokyo")
    assert [todo.field for todo in first.todos] == []
    assert [(todo.field, todo.text) for todo in second.todos] == [("MAILTO", "ops")]


def todos_of(text: str, file: str = "crontab") -> list[tuple[str, str]]:
    job = only_job(text, file)
    return [(todo.field, todo.text) for todo in (*job.step.todos, *job.todos) if todo.field != "image"]


def test_where_and_as_whom_a_line_ran_is_left_to_do() -> None:
    assert todos_of("0 1 * * * deploy report", "/etc/cron.d/shop") == [("user", "deploy")]
    assert todos_of("0 1 * * * root report", "/etc/cron.d/shop") == []
    assert todos_of("RANDOM_DELAY=30\n0 1 * * * ecs-task run -c main -d shop") == [("RANDOM_DELAY", "30")]
    assert todos_of("HOME=/srv/app\nBASH_ENV=/srv/env\n0 1 * * * report") == [
        ("HOME", "/srv/app"),
        ("BASH_ENV", "/srv/env"),
    ]


def test_what_a_wrapper_or_a_start_of_a_task_had_around_it() -> None:
    head = "HOME=/srv\nDAY=1\n"
    wrapper = check_pattern(r"run-batch (?P<family>\S+) (?P<command>.+)")
    (wrapped,) = read_crontab(f"{head}0 1 * * * run-batch shop rake a", "crontab", [wrapper]).jobs

    assert [(todo.field, todo.text) for todo in (*wrapped.step.todos, *wrapped.todos)] == [("environment", "DAY=1")]
    assert todos_of(f"{head}0 1 * * * deploy aws ecs run-task --task-definition shop", "/etc/cron.d/shop") == []


@pytest.mark.parametrize(
    "line", ["su - app -c 'report a'", "nice sudo report", "report --to=/data/x", r"report \% `id`"]
)
def test_a_line_that_takes_more_of_the_host_has_something_left_to_do(line: str) -> None:
    assert todos_of(f"30 2 * * * {line}") != []


def test_a_line_for_another_program_than_a_shell_stays_whole() -> None:
    assert todos_of("SHELL=/usr/bin/python3\n0 1 * * * report") == [("command", "report")]
    assert only_job("SHELL=/usr/bin/python3\n0 1 * * * report").step.command == ("python3", "-c", "report")


def test_a_start_of_a_task_has_the_crontabs_region() -> None:
    text = "AWS_DEFAULT_REGION=us-east-1\n0 1 * * * aws ecs run-task --task-definition shop"

    assert (only_job(text).step.region, only_job(text).step.environment) == ("us-east-1", {})


def test_a_comment_above_a_line_says_what_it_is_for() -> None:
    job = only_job("# Not this one\n\n# Closes the month.\n# owner: billing\n0 1 1 * * close-month")

    assert (job.description, job.owner) == ("Closes the month.", "billing")


@pytest.mark.parametrize("file", ["/etc/crontab", "etc/crontab", "/etc/cron.d/shop"])
def test_a_file_of_the_system_has_users(file: str) -> None:
    assert only_job("0 1 * * * deploy rake a", file).step.command == ("rake", "a")


def test_a_comment_that_speaks_of_users_and_commands_is_no_header() -> None:
    job = only_job("# Expires user sessions; the command may be repeated\n30 2 * * * ruby /srv/app/expire.rb")

    assert job.step.command == ("ruby", "/srv/app/expire.rb")


def test_a_user_column_is_known_by_a_header_or_by_all_lines() -> None:
    assert only_job("# *  *  *  *  * user-name command to be executed\n0 1 * * * mirror fsck").step.command == ("fsck",)
    assert only_job("0 1 * * * deploy /usr/bin/fsck -c x").step.command == ("/usr/bin/fsck", "-c", "x")
    assert only_job("0 1 * * * php /srv/a.php").step.command == ("php", "/srv/a.php")
    unsure = jobs("0 1 * * * root a\n0 2 * * * rake b")
    assert [job.step.command for job in unsure] == [("root", "a"), ("rake", "b")]
    assert [(todo.field, todo.text) for job in unsure for todo in job.todos] == [("user", "root"), ("user", "rake")]


def test_the_shell_is_the_crontabs() -> None:
    assert (only_job("SHELL=/bin/bash\n0 1 * * * cd /srv; x").step.command or ())[0] == "bash"


@each_row("command name", __file__, "names")
def test_a_line_gets_a_name_by_what_it_does(command: str, name: str) -> None:
    assert only_job(f"0 1 * * * {command}").name == name


def test_lines_that_do_the_same_get_numbers() -> None:
    assert [job.name for job in jobs("0 1 * * * sync a\n0 2 * * * sync a\n0 3 * * * sync a")] == [
        "sync-a",
        "sync-a-2",
        "sync-a-3",
    ]
    assert [job.name for job in jobs("0 1 * * * /srv/集計.sh\n0 2 * * * 集計")] == ["job", "job-2"]


@each_row("lines why", __file__, "no_due")
def test_a_time_at_which_no_batch_can_be_due_is_left_to_do(lines: str, why: str) -> None:
    job = only_job(f"{lines} report")

    (todo,) = job.todos
    assert (job.schedule, job.step.command) == (None, ("report",))
    assert (todo.field, todo.text) == ("schedule", lines.splitlines()[-1])
    assert why in todo.advice


def test_a_line_of_another_format_is_reported_and_the_others_are_read() -> None:
    reading = read_crontab("not a line\n0 2 * * * good", "crontab")

    assert [job.name for job in reading.jobs] == ["good"]
    assert [str(error).partition(": ")[0] for error in reading.unwritable] == ["crontab:1"]
    assert "'not a line' is not a line of a crontab" in str(reading.unwritable[0])


def test_a_file_of_another_format() -> None:
    reading = read_crontab("# nothing\n", "notes")

    assert [str(error) for error in reading.unwritable] == [
        "notes:1: no line is one of a crontab: five fields and a command"
    ]


def test_a_comment_above_a_variable_is_not_the_next_lines() -> None:
    assert only_job("# who gets the mail\nMAILTO=ops\n0 1 * * * a").description == ""


@pytest.mark.parametrize("comment", [row[0] for row in rows(__file__, "no_about")])
def test_a_header_and_a_job_that_is_switched_off_describe_no_job(comment: str) -> None:
    assert only_job(f"# Of the other.\n{comment}\n0 4 * * * /srv/new.sh").description == ""
    assert only_job(f"# Of the other.\n{comment}\n# Of this one.\n0 4 * * * /srv/new.sh").description == "Of this one."


@pytest.mark.parametrize("comment", [row[0] for row in rows(__file__, "about")])
def test_a_sentence_is_no_header(comment: str) -> None:
    assert only_job(f"# {comment}\n0 4 * * * /srv/new.sh").description == comment


def test_sixty_lines_of_whenever_have_nothing_to_do_but_the_image() -> None:
    read = jobs(whenever.crontab())

    for job, line in zip(read, whenever.sixty_lines(), strict=True):
        assert (list(job.step.command or ()), job.step.environment, job.description) == (line.words, line.variables, "")
    assert [job.name for job in read if job.step.todos or job.todos] == []
