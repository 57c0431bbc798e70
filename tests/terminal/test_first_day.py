"""What a person sees of ``init`` and ``new``."""

from collections.abc import Callable
from pathlib import Path

from tests.kit.wheel import WITH_A_WHEEL
from tests.terminal.conftest import Opened
from tests.terminal.window import CTRL_C, Recording


def test_init_asks_and_asks_again(window: Opened, looks_right: Callable[[Recording], None]) -> None:
    dialog = window("init", "sales", env=WITH_A_WHEEL)
    for question, answer in (
        ("[sales]: ", ""),
        ("[staging]: ", "Staging"),
        ("[staging]: ", ""),
        ("(later: Enter): ", "123"),
        ("(later: Enter): ", "111111111111"),
        ("[eu-west-1]: ", "ap-northeast-1"),
        ("(later: Enter): ", "subnet-0a1b,subnet-0c2d"),
        ("(none: Enter): ", "production"),
        ("(later: Enter): ", ""),
        ("[ap-northeast-1]: ", ""),
        ("(later: Enter): ", ""),
        ("(none: Enter): ", ""),
        ("[UTC]: ", "Osaka"),
        ("[UTC]: ", "Asia/Tokyo"),
        ("[github]: ", "jenkins"),
        ("[github]: ", ""),
    ):
        dialog.until_asked(question)
        dialog.press(f"{answer}\r")

    looks_right(dialog.end())


def test_init_is_interrupted_and_has_written_nothing(
    window: Opened, looks_right: Callable[[Recording], None], tmp_path: Path
) -> None:
    dialog = window("init", "sales", env=WITH_A_WHEEL)
    dialog.until_asked("[sales]: ")
    dialog.press(CTRL_C)

    looks_right(dialog.end())
    assert not (tmp_path / "sales").exists()


def test_init_a_second_time_asks_nothing(window: Opened, looks_right: Callable[[Recording], None]) -> None:
    window("init", "sales", "--yes", env=WITH_A_WHEEL).end()

    looks_right(window("init", "sales", env=WITH_A_WHEEL).end())


def test_init_beside_a_cdk_app(window: Opened, looks_right: Callable[[Recording], None], tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text('{"app": "python3 app.py"}')
    (tmp_path / "app.py").write_text("from aws_cdk import App\n")
    (tmp_path / ".gitignore").write_text("cdk.out\n")
    stage = "staging=111111111111/us-east-1"

    looks_right(
        window("init", "--yes", "--project", "shop", "--stage", stage, "--subnets", "/net", env=WITH_A_WHEEL).end()
    )


def test_new_batch(window: Opened, looks_right: Callable[[Recording], None], tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text('{"app": "python app.py", "context": {"stages": {"staging": {}}}}')

    looks_right(window("new", "daily-report", "--owner", "finance").end())
