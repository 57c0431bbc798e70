"""The options of a job of Rundeck. Pure."""

from collections.abc import Collection

from batchwright_runner.workbench.moving.jobs import ForeignOption, Todo, UnwritableError
from batchwright_runner.workbench.moving.sources import SourceTable, rest
from batchwright_runner.workbench.moving.words import variable_of

TYPED = "who started the job typed it"
_READ = frozenset({"name", "description", "value", "values", "enforced", "required", "regex"})
_SHOWN = frozenset(
    {"label", "sortValues", "sortIndex", "valuesListDelimiter", "hidden", "multivalueAllSelected", "valuesType"}
)


def read_options(job: SourceTable, own: Collection[str] = ()) -> tuple[list[ForeignOption], dict[str, str], list[Todo]]:
    """The options of a job; of secure ones, where each value comes from; and what a declaration cannot express."""
    options: list[ForeignOption] = []
    secrets: dict[str, str] = {}
    todos: list[Todo] = []
    for table in job.tables("options"):
        name = table.text("name")
        if not name:
            raise UnwritableError(table.place, "options", "an option has no name")
        if name in own:
            continue
        variable = variable_of(name)
        if variable in secrets or any(variable == option.name for option in options):
            raise UnwritableError(table.at("name"), "options", f"{name!r} is declared twice")
        if table.is_true("secure", default=False) or table.text("storagePath"):
            path = table.text("storagePath")
            secrets[variable] = f"Rundeck's key storage, {path}" if path else TYPED
            continue
        options.append(_option(table, variable))
        todos += _todos_of(table, name, variable)
    return options, secrets, todos


def _option(table: SourceTable, variable: str) -> ForeignOption:
    values = table.get("values")
    delimiter = table.text("valuesListDelimiter") or ","
    parts = values if isinstance(values, list) else table.text("values").split(delimiter)
    listed = [str(part).strip() for part in parts if str(part).strip()]
    default = table.text("value")
    return ForeignOption(
        name=variable,
        description=" ".join(table.text("description").split()),
        values=tuple(listed) if table.is_true("enforced", default=False) else (),
        pattern=table.text("regex"),
        default="" if "${" in default else default,
        required=table.is_true("required", default=False),
    )


def _todos_of(table: SourceTable, name: str, variable: str) -> list[Todo]:
    todos = []
    if variable != name:
        todos.append(Todo(f"options.{name}", name, f"it is called {variable} now: a variable cannot have the old name"))
    if table.get("values") and not table.is_true("enforced", default=False):
        todos.append(Todo(f"options.{name}.values", str(table["values"]), "they are proposals; any value is allowed"))
    if "${" in table.text("value"):
        todos.append(Todo(f"options.{name}.value", table.text("value"), "Rundeck filled it in, and no container does"))
    return [*todos, *rest(table, _READ | _SHOWN, f"options.{name}.")]
