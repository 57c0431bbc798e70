"""``batchwright new`` as a command: what it writes and says, and what it refuses."""

import json
from pathlib import Path

import pytest

from tests.kit.command import call
from tests.scaffold.project import contents, init

OWN = {"__init__.py", "batch.py", "Dockerfile", ".dockerignore", "local.env.example"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    init(tmp_path, "--ci", "none", "--project", "shop", "--stage", "production=111111111111/us-east-1")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "files"),
    [
        ([], OWN | {"app/main.py", "test_daily_report.py"}),
        (["--language", "ruby"], OWN | {"app/main.rb", "test_daily_report.py"}),
        (["--language", "shell"], OWN | {"app/main.sh", "test_daily_report.py"}),
        (["--image", "shop"], {"__init__.py", "batch.py", "test_daily_report.py"}),
    ],
)
def test_it_writes_one_folder_and_nothing_else(project: Path, words: list[str], files: set[str]) -> None:
    before = contents(project)

    done = call(project, "new", "daily-report", *words)

    after = contents(project)
    assert done.code == 0, done.err
    assert {path: after[path] for path in before} == before
    assert set(after) - set(before) == {f"batches/daily_report/{name}" for name in files}


@pytest.mark.parametrize(
    ("image", "text", "reported"),
    [
        ("", "", True),
        ("batches/shop/Dockerfile", "", False),
        ("batches/other/Dockerfile", "", True),
        ("batches/other/Dockerfile", 'image="shop"', False),
        ("batchwright.toml", "", False),
    ],
)
def test_an_image_that_nothing_builds_is_reported(project: Path, image: str, text: str, reported: bool) -> None:
    if image:
        (project / image).parent.mkdir(exist_ok=True)
        (project / image).write_text('[images.shop]\ncontext = "."\n' if image.endswith(".toml") else "")
        (project / image).with_name("batch.py").write_text(text)

    done = call(project, "new", "daily-report", "--image", "shop")

    assert done.code == 0, done.err
    assert ("image shop has no Dockerfile in this project: say [images.shop] context" in done.err) is reported


def test_it_says_what_to_edit_and_what_is_next(project: Path) -> None:
    done = call(project, "new", "daily-report")

    folder = "batches/daily_report"
    program = f"its program, {folder}/app/main.py"
    assert done.err.splitlines() == [
        f"batchwright: batch daily-report: 7 new files in {folder}",
        f"batchwright: edit {folder}/batch.py: its description, owner, parameters and timeout; and {program}",
        "batchwright: next:",
        "             batchwright run daily-report --local",
        "             make check test",
        "batchwright: schedules that name no time zone are in UTC: timezone in cdk.json",
    ]


def test_a_schedule_is_written_and_shown_in_words(project: Path) -> None:
    context = json.loads((project / "cdk.json").read_text())
    context["context"]["timezone"] = "Asia/Tokyo"
    (project / "cdk.json").write_text(json.dumps(context))

    done = call(project, "new", "daily-report", "--schedule", "30 2 * * 1-5")

    assert (
        '            schedule=Schedule.cron("30 2 * * MON-FRI"),\n'
        in (project / "batches/daily_report/batch.py").read_text()
    )
    assert "due Monday to Friday at 02:30 (Asia/Tokyo): name who starts it with scheduler=" in done.err
    assert done.err.endswith("schedules that name no time zone are in Asia/Tokyo: timezone in cdk.json\n")


def test_a_keyword_has_a_folder_that_can_be_imported_and_a_folder_below_is_the_same_project(project: Path) -> None:
    call(project / "batches/hello", "new", "lambda", "--language", "shell")

    assert (project / "batches/lambda_/batch.py").is_file()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["hello"], "there is a batch 'hello' already: batches/hello declares it"),
        (["renamed"], "there is a batch 'renamed' already: batches/other declares it"),
        (["other"], "there is a batch 'other' already: batches/other declares it"),
        (["in-a-table"], "there is a batch 'in-a-table' already: batches/table declares it"),
        (["kept"], "there is a folder batches/kept already"),
        (["Daily_Report"], "Did you mean daily-report?"),
        (["../up"], "is not a name for a batch"),
        (["report", "--image", "Shop"], "'Shop' is not a name for an image of the project's registry"),
        (["report", "--language", "perl"], "'perl' is not one of"),
        (["report", "--schedule", "30 2 * *"], "--schedule cannot be read: '30 2 * *' was given, which has 4 fields"),
        (["report", "--owner", "a\tb"], "is not an owner"),
        (["report", "--owner", "{{team}}"], "is not an owner"),
        (["report", "--owner", "a" * 81], "is not an owner: one line of up to 80 characters is"),
    ],
)
def test_bad_input_is_one_error_and_nothing_is_written(project: Path, words: list[str], why: str) -> None:
    (project / "batches/other").mkdir()
    (project / "batches/other/batch.py").write_text(
        'class A(B):\n    def __init__(s):\n        super().__init__(s, "renamed")\n'
    )
    (project / "batches/table").mkdir()
    (project / "batches/table/batch.py").write_text(
        'def batches(s, p):\n    yield FargateBatch(s, "in-a-table", platform=p)\n'
    )
    (project / "batches/kept").mkdir()
    (project / "batches/broken").mkdir()
    (project / "batches/broken/batch.py").write_text("class (")
    before = contents(project)

    done = call(project, "new", *words)

    assert done.code == 2, done.err
    assert why in done.err
    assert contents(project) == before


def test_a_name_that_is_too_long_for_a_stage(project: Path) -> None:
    done = call(project, "new", "r" * 40)
    assert done.code == 0, done.err

    (project / "cdk.json").write_text((project / "cdk.json").read_text().replace('"shop"', '"shopshopshop"'))
    assert "with project shopshopshop and stage production" in call(project, "new", "s" * 40).err


def test_without_a_project_it_says_how_to_make_one(tmp_path: Path) -> None:
    done = call(tmp_path, "new", "report")

    assert done.code == 2
    assert "no project here" in done.err
    assert "make a project: batchwright init" in done.err
