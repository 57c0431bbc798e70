"""Lines that ran on a host: what is taken apart, and all else stays whole and says so.

What is taken apart runs the same afterwards: tests/scaffold/test_moving_meaning.py.
"""

import pytest

from batchwright_runner.workbench.moving.host_line import host_step
from batchwright_runner.workbench.moving.jobs import JobStep

CERTAIN = [
    ("report --to ops@example.com -n 5", ["report", "--to", "ops@example.com", "-n", "5"]),
    ("bundle exec rake 'close[a b]' \"c  d\"", ["bundle", "exec", "rake", "close[a b]", "c  d"]),
    ("report x >> log/report.log 2>&1 &", ["report", "x"]),
    ("report &> /tmp/report.log # daily", ["report"]),
]
LOCKED = [
    ("flock -n /tmp/l report", ["report"]),
    ("/usr/bin/flock -xn /tmp/l -c 'report a'", ["report", "a"]),
    ("flock -w 0 /tmp/l report >> /tmp/l.log 2>&1", ["report"]),
]
WHOLE = [
    "cd /tmp && bundle exec rake a >> log 2>&1",
    "report --date=$(date +%F) 2>/dev/null",
    "report > /data/out.csv",
    "report >| /var/log/report.log",
    "RAILS_ENV=production rake x",
    "exec report",
    "report *.csv",
    'report "it is $HOME"',
    "flock -n /tmp/l report && rake x",
    'flock -n /tmp/l -c "report $HOME"',
]


@pytest.mark.parametrize(("line", "words"), [*CERTAIN, *LOCKED])
def test_a_simple_command_is_its_words(line: str, words: list[str]) -> None:
    step = host_step(line, "sh")

    assert (list(step.command or ()), step.todos) == (words, ())


def todos_of(step: JobStep) -> list[tuple[str, str]]:
    """The TODOs beside the dates and the paths of the host."""
    return [(todo.field, todo.text) for todo in step.todos if todo.field not in ("date", "path")]


@pytest.mark.parametrize("line", WHOLE)
def test_any_other_line_stays_whole_and_has_one_todo(line: str) -> None:
    step = host_step(line, "bash")

    assert step.command == ("bash", "-c", line)
    assert todos_of(step) == [("command", line)]
    assert not step.alone


@pytest.mark.parametrize("line", [line for line, _ in LOCKED])
def test_a_lock_that_gives_up_is_the_batchs_overlap(line: str) -> None:
    assert host_step(line, "sh").alone


def test_a_line_under_a_lock_is_for_the_shell_and_has_a_todo() -> None:
    step = host_step("flock -n /tmp/l -c 'cd /app && bundle exec rake a' > /dev/null 2>&1", "sh")

    assert (step.command, bool(step.alone)) == (("sh", "-c", "cd /app && bundle exec rake a"), True)
    assert todos_of(step) == [("command", "cd /app && bundle exec rake a")]


@pytest.mark.parametrize(
    ("line", "field", "text"),
    [
        ("flock /tmp/l report", "flock", "flock /tmp/l report"),
        ("nice -n 19 flock -n /tmp/l report", "flock", "flock -n /tmp/l report"),
        ("run-one report", "run-one", "run-one report"),
        ("setlock -n /tmp/l report", "setlock", "setlock -n /tmp/l report"),
        ("docker run --rm acme/report:1 report", "command", "docker run --rm acme/report:1 report"),
        ("sudo docker exec app report", "command", "docker exec app report"),
        ("bash -l -c 'cd /srv && report >> log/cron.log 2>&1'", "command", "cd /srv && report >> log/cron.log 2>&1"),
    ],
)
def test_what_a_container_does_otherwise_stays_and_has_a_todo(line: str, field: str, text: str) -> None:
    step = host_step(line, "sh")

    assert todos_of(step) == [(field, text)]
    assert text in " ".join(step.command or ())


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("rake \"bill[$(date -d 'last month' +%Y-%m)]\"", ["$(date -d 'last month' +%Y-%m)"]),
        ("report `date +%F` $(TZ=Asia/Tokyo date +%F)", ["`date +%F`", "$(TZ=Asia/Tokyo date +%F)"]),
        ("D=$(/bin/date +%F) && report $D", ["$(/bin/date +%F)"]),
        ("[ -f /app/tmp/maintenance ] || rake a", ["/app/tmp/maintenance"]),
        ("/opt/sync.sh --to=/data/out /data/out", ["/opt/sync.sh", "/data/out"]),
        ("./bin/report ~/in.csv ../x", ["./bin/report", "~/in.csv", "../x"]),
        ("/usr/bin/python3 a.py https://example.com/a s3://b/c 2>/dev/null", []),
        ("rake orders/close --update date", []),
    ],
)
def test_what_a_line_takes_of_the_host_is_a_todo(line: str, texts: list[str]) -> None:
    assert [todo.text for todo in host_step(line, "sh").todos if todo.field in ("date", "path")] == texts


@pytest.mark.parametrize("line", ["echo docker", "grep -c flock file", "report >> /var/log/report.log"])
def test_a_word_that_starts_nothing_is_left_alone(line: str) -> None:
    assert host_step(line, "sh").todos == ()
