"""Config files that are rendered before a batch starts, by the runner, and by the true container as well."""

import pytest

from tests.containers.backends import not_as_process
from tests.containers.cases import Cases
from tests.containers.presets import named

RENDERED = "host = db.example.com\nlevel = 5\npassword = 50% of $1 ${HOST}\nprice = $5\n"
ALL = f"app/config/database.ini\n{RENDERED}app/config/env/deep.ini\ndeep = db.example.com\ndata/other.ini\nother = 5\n"


def shown(rights: str, owner: str, user: int) -> str:
    return (
        f"{ALL}drwxr-xr-x 0:0 /app/config\ndrwxr-xr-x 0:0 /app/config/env\n"
        f"{rights} {owner} /app/config/env/deep.ini\n{user}\ncannot write\n"
    )


WROTE = [
    f"batchwright: wrote {path}" for path in ("/app/config/database.ini", "/app/config/env/deep.ini", "/data/other.ini")
]
BY_THE_RUNNER, BY_THE_CONTAINER = "by the runner", "by the container"


@not_as_process("volumes")
@pytest.mark.usefixtures("secrets", "python_images")
@pytest.mark.parametrize(
    ("batch", "rendered", "expected"),
    [
        # Its user alone can read them, on a root that can only be read.
        ("configured", BY_THE_RUNNER, shown("-r--------", "1000:1000", 1000)),
        ("configured", BY_THE_CONTAINER, shown("-r--------", "1000:1000", 1000)),
        # A user whose number only the image knows can read them, as every other one.
        ("anybody", BY_THE_RUNNER, shown("-r--r--r--", "0:0", 1000)),
        ("anybody", BY_THE_CONTAINER, shown("-r--r--r--", "0:0", 1000)),
        # Root cannot write there either.
        ("rooted", BY_THE_RUNNER, shown("-r--------", "0:0", 0)),
    ],
    ids=lambda value: value if len(value) < 20 else "",
)
def test_files_are_where_they_are_declared_and_no_more_readable_than_need_be(
    cases: Cases, batch: str, rendered: str, expected: str
) -> None:
    by_container = rendered == BY_THE_CONTAINER
    images = named(cases, files="-runner") if by_container else named(cases)

    done = cases.run(batch, "--all-containers", *images)

    assert done.code == 0, done.err
    lines = [line.partition(" | ") for line in done.out.decode().splitlines()] if by_container else []
    main = [line for name, _, line in lines if name == "main"] if by_container else done.out.decode().splitlines()
    assert main == expected.splitlines()
    assert [line for name, _, line in lines if name == "files"] == (WROTE if by_container else [])


@not_as_process("volumes")
@pytest.mark.usefixtures("secrets")
def test_a_file_below_the_working_directory_is_there_with_the_runs_values(cases: Cases) -> None:
    done = cases.run("placed", *named(cases), "-e", "HOST=other.example.com")

    assert (done.code, done.out.decode()) == (0, RENDERED.replace("db.", "other.")), done.err


@pytest.mark.parametrize("backend", ["process"], indirect=True, scope="session")
@pytest.mark.usefixtures("secrets")
def test_a_plain_process_is_refused_since_its_files_need_an_engine(cases: Cases) -> None:
    done = cases.run("placed")

    assert (done.code, done.out) == (2, b""), done.err
    assert "placed cannot run as a plain process: its config files are for containers only" in done.err
