import re
from pathlib import Path

from tests.terminal.conftest import SCREENS
from tests.terminal.window import HIDE, Recording


def test_each_screen_is_a_tests_own() -> None:
    modules = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    tests = {name for text in modules for name in re.findall(r"^def test_(\w+)\(", text, re.MULTILINE)}
    tables = {name for text in modules for name in re.findall(r'^    "(\w+)": Shown\(', text, re.MULTILINE)}

    assert not [path.name for path in SCREENS.iterdir() if re.sub(r"-[0-9]+$", "", path.stem) not in tests | tables]


def test_what_runs_into_a_live_line_is_found() -> None:
    drawn = b"\rrunning\x1b[J\r"

    assert Recording(0, ((80, drawn + b"PATH  KIND\r\n"),)).glued() == [b"PATH  KIND\r\n"]
    assert Recording(0, ((80, drawn),)).glued() == [b""]
    assert not Recording(0, ((80, drawn + HIDE + drawn + drawn + b"^C\r\x1b[Jnote\r\n"),)).glued()


def test_a_live_line_that_would_wrap_is_found() -> None:
    assert Recording(0, ((8, b"\rrunning\x1b[J\r\r\x1b[J"),)).too_wide() == []
    assert Recording(0, ((7, b"\rrunning\x1b[J\r\r\x1b[J"),)).too_wide() == ["running"]
