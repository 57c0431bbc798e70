"""A run at a terminal: its live line, from the image to the end."""

from tests.containers.backends import not_as_process
from tests.containers.cases import Cases
from tests.terminal.window import Window

LIVE = "\rrunning · "
"""A live line has no prefix."""


def window(cases: Cases, batch: str, *words: str) -> Window:
    arguments = ["run", batch, "--local", "--backend", cases.backend.name, *words]
    return Window(cases.root, cases.environment(), *arguments)


@not_as_process("image")
def test_preparing_the_image_has_one_too(cases: Cases) -> None:
    with window(cases, "built") as opened:
        seen = opened.end()

    assert "\rpreparing the image · " in seen.data.decode()
    assert (seen.glued(), seen.too_wide()) == ([], [])
