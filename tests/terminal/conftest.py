from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import ACCOUNT, REGION
from tests.kit.account import variables
from tests.terminal.window import FOLDER, Recording, Window

SCREENS = Path(__file__).with_name("screens")
REWRITE = 'make test-all ARGS="--update-screens -k terminal"'

WIDE, NARROW = 80, 40
NARROW_TOO = pytest.mark.parametrize("columns", [WIDE, NARROW], indirect=True)
"""Of a test of a screen that has a live line, a table or a long line to break: the others are read in one width."""

Opened = Callable[..., Window]


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder whose path is always as long: what a terminal is shown is broken at its width."""
    with TemporaryDirectory(prefix="bw", dir="/tmp", ignore_cleanup_errors=True) as folder:
        assert len(folder) == len(FOLDER)
        yield Path(folder)


@pytest.fixture
def aws() -> Iterator[AwsServer]:
    with AwsServer(account=ACCOUNT, region=REGION) as server:
        yield server


@pytest.fixture
def columns(request: pytest.FixtureRequest) -> int:
    """The width of the test's window."""
    width: int = getattr(request, "param", WIDE)
    return width


@pytest.fixture
def window(aws: AwsServer, tmp_path: Path, columns: int) -> Iterator[Opened]:
    """Opens windows in which a command runs against the account."""
    opened: list[Window] = []

    def make(
        *words: str, env: dict[str, str] | None = None, path: str = "", stdout: int | None = None, shell: str = ""
    ) -> Window:
        environment = variables(aws, tmp_path, path=path, env=env)
        opened.append(Window(tmp_path, environment, *words, columns=columns, stdout=stdout, shell=shell))
        return opened[-1]

    yield make
    for window in opened:
        window.__exit__()


@pytest.fixture
def looks_right(request: pytest.FixtureRequest, columns: int) -> Callable[[Recording], None]:
    """Compares what a window showed with the screen that is committed for the test, or for its parameter ``screen``.

    Nothing has run into a live line, and none is left.
    """
    own: str = request.node.originalname.removeprefix("test_")
    of_table = getattr(request.node, "callspec", None)
    name: str = of_table.params.get("screen", own) if of_table is not None else own
    path = SCREENS / f"{name}-{columns}.txt"
    update: bool = request.config.getoption("--update-screens")

    def look(seen: Recording) -> None:
        assert not seen.glued()
        assert not seen.too_wide()
        screen = f"{'in progress' if seen.code is None else f'exit code {seen.code}'}\n{seen.screen()}"
        if update:
            path.write_text(screen, encoding="utf-8")
        assert path.is_file(), f"{path.name} is not there: {REWRITE}"
        assert screen == path.read_text(encoding="utf-8"), f"another screen; if it is as meant: {REWRITE}"

    return look


@dataclass(frozen=True)
class Shown:
    """A command, and what there is when it is typed; what it shows is a screen.

    Attributes:
        words: The command.
        stage: What there is in the account.
        folder: What there is in the folder.
        env: Further variables.
        quiet: Whether no live line is drawn.
        narrow: Whether it is read in a narrow window too.
        keys: What is waited for, and what is then typed.
    """

    words: Sequence[str]
    stage: Callable[[AwsServer], object] = lambda _: None
    folder: Callable[[Path], object] = lambda _: None
    env: Mapping[str, str] = field(default_factory=dict)
    quiet: bool = False
    narrow: bool = False
    keys: Sequence[tuple[str, str]] = ()


def screens(shown: Mapping[str, Shown]) -> pytest.MarkDecorator:
    """Gives a test each screen of a table, by its name, in the windows that it is read in."""
    cases = [(name, width) for name, one in shown.items() for width in (WIDE, NARROW)[: 1 + one.narrow]]
    return pytest.mark.parametrize(("screen", "columns"), cases, indirect=["columns"])


@pytest.fixture
def shows(
    aws: AwsServer, tmp_path: Path, window: Opened, looks_right: Callable[[Recording], None]
) -> Callable[[Shown], None]:
    """Types a command, and compares its screen."""

    def look(shown: Shown) -> None:
        shown.stage(aws)
        shown.folder(tmp_path)
        opened = window(*shown.words, env=dict(shown.env))
        for text, keys in shown.keys:
            (opened.until_asked if text.endswith(": ") else opened.until)(text)
            opened.press(keys)
        seen = opened.end()
        looks_right(seen)
        assert not (shown.quiet and seen.live)

    return look


Shows = Callable[[Shown], None]
