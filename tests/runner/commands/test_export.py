"""``batchwright export`` as a person calls it, in a small project."""

from pathlib import Path

import pytest

from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.files import within
from tests.kit.command import Done, call
from tests.kit.projects import declared, declared_workflow, make_project
from tests.kit.rundeck import read_jobs

SCHEDULE = {"stage": "production", "schedule": "30 2 * * * Asia/Tokyo", "scheduler": "rundeck"}
UUID = "0d0b8f0e-6a7f-5f0e-9f59-1b1b0a1f0c11"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    nightly = declared("nightly", manifest=SCHEDULE, rundeck_uuid=UUID)
    by_hand = declared("by-hand", manifest={"stage": "production"})
    return make_project(tmp_path, nightly, by_hand, stages={"production": {}, "staging": {}, "local": {}})


def export(root: Path, *arguments: str) -> Done:
    return call(root, "export", "rundeck", *arguments)


def test_the_jobs_are_on_stdout_and_what_they_are_on_stderr(root: Path) -> None:
    done = export(root, "-s", "production")

    jobs = read_jobs(done.text)
    assert done.code == 0
    assert [(job["name"], job["scheduleEnabled"], "schedule" in job) for job in jobs] == [
        ("by-hand", True, False),
        ("nightly", True, True),
        ("missed_runs", True, True),
    ]
    assert jobs[2]["sequence"]["commands"][0]["exec"] == "batchwright runs -s production --missed --since 1d"
    assert jobs[1]["uuid"] == "0d0b8f0e-6a7f-5f0e-9f59-1b1b0a1f0c11"
    assert done.err.endswith("batchwright: 3 jobs, 2 with an active schedule\n")


def test_a_workflow_is_one_job_beside_those_of_its_steps(tmp_path: Path) -> None:
    steps = [declared(name, manifest={"stage": "production"}) for name in ("extract", "report")]
    workflow = declared_workflow("nightly", "extract", "report", **SCHEDULE)
    root = make_project(tmp_path, *steps, workflows=[workflow], stages={"production": {}, "local": {}})

    jobs = {job["name"]: job for job in read_jobs(export(root, "-s", "production").text)}

    assert jobs.keys() == {"extract", "nightly", "report", "missed_runs"}
    assert [step.get("exec") for step in jobs["nightly"]["sequence"]["commands"]] == [
        (
            "batchwright run nightly -s production --scheduled ${job.executionType} --again=${option.AGAIN} "
            "--from=${option.FROM} --done=${option.DONE} --yes"
        )
    ]
    assert [name for name, job in jobs.items() if "schedule" in job] == ["nightly", "missed_runs"]


def test_a_file_is_written_once_and_then_up_to_date(root: Path) -> None:
    first, second = [export(root, "-s", "production", "-o", "jobs/production.yaml") for _ in range(2)]
    check = export(root, "-s", "production", "-o", "jobs/production.yaml", "--check")

    assert (first.code, second.code, check.code, first.out, check.out) == (0, 0, 0, b"", b"")
    assert first.err.endswith("batchwright: jobs/production.yaml: 3 jobs, 2 with an active schedule\n")
    assert second.err.endswith("2 with an active schedule; nothing has changed\n")
    assert len(read_jobs((root / "jobs/production.yaml").read_text())) == 3


def test_what_differs_is_printed_and_nothing_is_written(root: Path) -> None:
    export(root, "-s", "production", "-o", "jobs.yaml")
    by_hand = (root / "jobs.yaml").read_text().replace("minute: '30'", "minute: '45'")
    (root / "jobs.yaml").write_text(by_hand)

    done = export(root, "-s", "production", "-o", "jobs.yaml", "--check")

    assert done.code == 1
    assert "-      minute: '45'\n+      minute: '30'\n" in done.text
    assert done.err.endswith("jobs.yaml is not up to date: export it again, without --check\n")
    assert (root / "jobs.yaml").read_text() == by_hand


def test_a_missing_file_is_not_up_to_date(root: Path) -> None:
    assert export(root, "-s", "production", "-o", "jobs.yaml", "--check").code == 1
    assert not (root / "jobs.yaml").exists()


def test_a_folder_has_a_file_for_each_job_and_what_is_left_over_is_named(root: Path) -> None:
    export(root, "-s", "production", "--dir", "jobs")
    gone = next((root / "jobs/production").glob("by-hand-*.yaml"))
    foreign = root / "jobs/production/foreign.yaml"
    foreign.write_text("- name: not ours\n")
    make_project(root, declared("nightly", manifest=SCHEDULE), stages={"production": {}})
    (root / "app.py").write_text((root / "app.py").read_text() + "\n")  # what is synthesized again

    written = export(root, "-s", "production", "--dir", "jobs")
    checked = export(root, "-s", "production", "--dir", "jobs", "--check")

    assert (written.code, checked.code) == (0, 1)
    assert f"{gone.relative_to(root)} is left over" in checked.err
    assert "foreign" not in written.err + checked.err
    assert gone.exists()


def test_what_is_unfinished_or_not_named_keeps_its_earlier_file(root: Path) -> None:
    export(root, "-s", "production", "--dir", "jobs")
    unfinished = {**SCHEDULE, "unfinished": "retry"}
    by_hand = declared("by-hand", manifest={"stage": "production"})
    make_project(root, declared("nightly", manifest=unfinished, rundeck_uuid=UUID), by_hand, stages={"production": {}})
    (root / "app.py").write_text((root / "app.py").read_text() + "\n")  # what is synthesized again

    whole = export(root, "-s", "production", "--dir", "jobs")
    alone = export(root, "-s", "production", "--dir", "jobs", "--only", "by-hand", "--check")
    lines = call(root, "export", "crontab", "-s", "production", "--cron", "cronie")

    assert (whole.code, alone.code, lines.code) == (0, 0, 0)
    assert "; not exported, as unfinished: nightly (retry)" in whole.err
    assert "; not exported, as unfinished: nightly (retry)" in lines.err
    assert "nightly" not in lines.text
    assert "nightly" not in "".join(line for line in whole.err.splitlines() if "left over" in line)
    assert "left over" not in alone.err


def test_no_name_and_no_link_leads_out_of_the_folder(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (root / "jobs").mkdir()
    (root / "jobs/production").symlink_to(outside)

    done = export(root, "-s", "production", "--dir", "jobs")

    assert done.code == 125
    assert "cannot be used: it is not in jobs" in done.err
    assert list(outside.iterdir()) == []
    assert within(root, root / "a/../b") == root / "a/../b"
    for path in ("../b", "a/../../b", "/etc/passwd"):
        with pytest.raises(RunnerError, match="it is not in"):
            within(root, root / path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no stage given: there is no default. Add -s STAGE; cdk.json has production, staging"),
        (("-s", "prodction"), "/cdk.json does not have it. Did you mean production?"),
        (("-s", "local"), "no such stage 'local'"),
        (
            ("-s", "production", "--check"),
            "--check was given without files to compare. Name them with -o FILE or --dir DIR",
        ),
        (("-s", "production", "--only", "nightli"), "no batch or workflow 'nightli'. Did you mean nightly?"),
        (("-s", "production", "-o", "a", "--dir", "b"), "-o and --dir were given: one file or several"),
    ],
)
def test_usage(root: Path, arguments: tuple[str, ...], message: str) -> None:
    done = export(root, *arguments)

    assert done.code == 2
    assert message in done.err


def test_a_file_that_cannot_be_written_is_said(root: Path) -> None:
    (root / "jobs").write_text("")

    done = export(root, "-s", "production", "-o", "jobs/production.yaml")

    assert done.code == 125
    assert "jobs/production.yaml cannot be" in done.err


def test_a_section_of_batchwright_toml_is_read(root: Path) -> None:
    (root / "batchwright.toml").write_text('[rundeck]\ngroup = "batches/{stage}"\ncommand = "docker run --rm runner"\n')

    jobs = read_jobs(export(root, "-s", "production").text)

    assert jobs[0]["group"] == "batches/production"
    assert jobs[0]["sequence"]["commands"][0]["exec"] == (
        "docker run --rm runner run by-hand -s production --again=${option.AGAIN}"
    )


def test_an_unknown_zone_is_said_with_the_batch(root: Path) -> None:
    away = declared("away", manifest={**SCHEDULE, "schedule": "30 2 * * * Mars/Olympus"})
    make_project(root, away, stages={"production": {}})

    done = export(root, "-s", "production")

    assert done.code == 125
    assert (
        "away cannot be exported: its schedule cannot be read here: time zone 'Mars/Olympus' is not known" in done.err
    )


def other(root: Path, scheduler: str, *arguments: str) -> Done:
    due = declared("nightly", manifest={**SCHEDULE, "scheduler": scheduler, "timeout_seconds": 600})
    make_project(root, due, stages={"production": {}})
    return call(root, "export", *arguments, "-s", "production")


def test_a_crontab_is_for_one_kind_of_cron(root: Path) -> None:
    missing = other(root, "cron", "crontab")
    debian = other(root, "cron", "crontab", "--cron", "debian", "--host-timezone", "Asia/Tokyo", "--user", "batch")

    assert missing.code == 2
    assert "missing option '--cron'. Choose from: cronie, debian\n" in missing.err
    assert debian.code == 0
    assert debian.text.splitlines()[-1] == (
        "30 2 * * * batch batchwright run nightly -s production --scheduled scheduled"
    )


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--user", "a\nb"), "--user 'a\\nb' is no name of a user"),
        (("--host-timezone", "Tokyo"), "--host-timezone cannot be used: time zone 'Tokyo' is not known"),
    ],
)
def test_what_would_spoil_each_line_is_refused(root: Path, option: tuple[str, str], message: str) -> None:
    done = other(root, "cron", "crontab", "--cron", "debian", *option)

    assert (done.code, done.text) == (2, "")
    assert message in done.err
