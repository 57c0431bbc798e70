"""What a container is handed: the same command that engines would run, from image and declaration."""

from typing import Any

import pytest

from batchwright_runner.workbench.local.containers.engine import ImageFacts
from batchwright_runner.workbench.local.containers.handed import candidates, handing

IMAGE = ImageFacts(
    reference="i",
    entry_point=("/entry", "-x"),
    command=("serve",),
    environment=("PATH=/opt/bin:/bin", "LANG=C"),
    working_directory="/srv",
)


@pytest.mark.parametrize(
    ("body", "image", "words"),
    [
        ({}, IMAGE, ("/entry", "-x", "serve")),
        ({"Cmd": ["other"]}, IMAGE, ("/entry", "-x", "other")),
        ({"Entrypoint": ["sh"]}, IMAGE, ("sh",)),
        ({"Entrypoint": ["sh"], "Cmd": ["-c", "x"]}, IMAGE, ("sh", "-c", "x")),
        ({"Cmd": ["only"]}, ImageFacts(reference="i"), ("only",)),
        ({}, ImageFacts(reference="i"), ()),
    ],
)
def test_the_command_is_what_the_engine_would_run(body: dict[str, Any], image: ImageFacts, words: tuple[str]) -> None:
    assert handing(body, image, {"A": "b"})[1].words == words


def test_a_hidden_variable_takes_the_place_of_one_in_the_body() -> None:
    body, handed = handing({"Env": ["A=old", "AB=kept"]}, IMAGE, {"A": "canary"})

    assert body["Env"] == ["AB=kept"]
    assert (body["OpenStdin"], body["StdinOnce"]) == (True, True)
    assert "canary" not in repr(handed)


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("/bin/sh", ("/bin/sh",)),
        ("./run", ("/srv/run",)),
        ("bin/run", ("/srv/bin/run",)),
        ("run", ("/opt/bin/run", "/bin/run")),
    ],
)
def test_where_a_program_may_be(program: str, found: tuple[str, ...]) -> None:
    assert (
        handing(
            {"Cmd": [program]},
            ImageFacts(reference="i", environment=IMAGE.environment, working_directory="/srv"),
            {"A": "b"},
        )[1].programs
        == found
    )


def test_an_empty_part_of_path_is_the_working_directory() -> None:
    assert candidates("run", ":/bin", "/srv") == ("/srv/run", "/bin/run")


def test_values_are_bytes_as_they_are_given() -> None:
    frame = handing({"Cmd": ["a"]}, IMAGE, {"A": "é\n=\udcff"})[1].frame()

    assert frame[5:].endswith(b"A=\xc3\xa9\n=\xff\0")
