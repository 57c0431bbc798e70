"""Fills the templates. Whatever a name or a text holds, it stays text: markup is escaped, controls are shown."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.moments import DAY, cell, shown
from batchwright_runner.errors import missing_package
from batchwright_runner.host.terminal.text import visible
from batchwright_runner.workbench.page.writers import html

if TYPE_CHECKING:
    import jinja2


Render = Callable[[str, Mapping[str, Any]], str]
"""Fills a template, by its name, with values."""


def renderer() -> Render:
    """What fills the catalog's templates."""
    environment = _environment()

    def render(template: str, values: Mapping[str, Any]) -> str:
        return environment.get_template(template).render(values)

    return render


def static(name: str) -> str:
    """A file that goes into the site as it is."""
    return resources.files(__package__).joinpath("static", name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> "jinja2.Environment":
    try:
        import jinja2
    except ImportError as error:
        raise missing_package("jinja2", "no pages can be written") from error

    def source(name: str) -> str | None:
        file = resources.files(__package__).joinpath("templates", name)
        return file.read_text(encoding="utf-8") if file.is_file() else None

    def finished(value: object) -> object:
        return value if hasattr(value, "__html__") else visible(str(value))

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(source),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finished,
    )
    environment.filters |= {
        "duration": format_duration,
        "moment": partial(shown, form=DAY),
        "next": partial(cell, form=DAY),
        "day": "{:%a %Y-%m-%d}".format,
        "weekday": "{0:%a} {0.day}".format,
        "head": html.head,
        "body": html.body,
        "counted": counted,
    }
    return environment


def counted(number: int, noun: str, several: str = "") -> str:
    """A number of things: ``1 batch``, ``2 batches``."""
    return f"{number} {noun if number == 1 else several or noun + 's'}"
