"""A run at a terminal: its live line, from the image to the end."""

from tests.containers.backends import everywhere, not_as_process
from tests.containers.cases import Cases
from tests.terminal.window import CTRL_C, Window

LIVE = "\rrunning · "
"""A live line has no prefix."""


def window(cases: Cases, batch: str, *words: str) -> Window:
    arguments = ["run", batch, "--local", "--backend", cases.backend.name, *words]
    return Window(cases.root, cases.environment(), *arguments)


@everywhere
def test_a_run_has_a_live_line_and_leaves_nothing_of_it(cases: Cases) -> None:
    with window(cases, "plain", "--", "sh", "-c", "echo one; sleep 2; echo two; exit 3") as opened:
        seen = opened.end()

    assert seen.code == 3
    assert LIVE in seen.data.decode()
    assert (seen.glued(), seen.too_wide()) == ([], [])
    assert "\none\ntwo\nbatchwright: " in seen.screen()


@everywhere
def test_an_interrupt_leaves_nothing_of_it(cases: Cases) -> None:
    with window(cases, "plain", "--", "sh", "-c", "trap 'exit 0' TERM; echo ready; sleep 60 & wait") as opened:
        opened.until("ready")
        opened.press(CTRL_C)
        seen = opened.end()

    assert seen.code == 130
    assert (seen.glued(), seen.too_wide()) == ([], [])
    assert "\nready\nbatchwright: SIGINT: stopping the batch" in seen.screen()


@not_as_process("image")
def test_preparing_the_image_has_one_too(cases: Cases) -> None:
    with window(cases, "built") as opened:
        seen = opened.end()

    assert "\rpreparing the image · " in seen.data.decode()
    assert (seen.glued(), seen.too_wide()) == ([], [])
