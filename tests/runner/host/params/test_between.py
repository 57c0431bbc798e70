"""How values of two stages stand against one another."""

from batchwright_runner.host.params.between import ComparedPair, Side, compare_stages, matched
from batchwright_runner.host.params.declared import DeclaredValue, Kind


def value(path: str, kind: Kind = "parameter", users: tuple[str, ...] = ("report",), name: str = "") -> DeclaredValue:
    return DeclaredValue(path=path, name=name or path.rpartition("/")[2], kind=kind, users=users)


def side(stage: str, *values: DeclaredValue, hidden: tuple[str, ...] = (), **texts: str) -> Side:
    """What a stage declares, and by the last part of its path what is stored there."""
    stored = {value.path: texts[value.name] for value in values if value.name in texts}
    return Side(stage, "batches", {value.path: value for value in values}, stored, frozenset(hidden))


def own(stage: str, *names: str, kind: Kind = "parameter", hidden: bool = False, **texts: str) -> Side:
    """What a batch of a stage declares."""
    values = [value(f"/batches/{stage}/report/{name}", kind) for name in names]
    return side(stage, *values, hidden=tuple(value.path for value in values if hidden), **texts)


def compare(first: Side, second: Side) -> list[ComparedPair]:
    return compare_stages(first, second, matched(first, second, lambda _name, _value: True))


def states(first: Side, second: Side) -> dict[str, str]:
    return {pair.name: pair.state for pair in compare(first, second)}


def test_own_values_belong_together_by_batch_and_name() -> None:
    (pair,) = compare(own("staging", "TO", TO="dev"), own("production", "TO", TO="all"))

    assert (pair.name, pair.state, pair.values, pair.differs) == ("report/TO", "different", ("dev", "all"), True)


def test_values_of_others_belong_together_where_only_the_stages_name_differs() -> None:
    staging = side("staging", value("/rails/staging/db"), db="x")
    production = side("production", value("/rails/production/db"), db="x")

    assert states(staging, production) == {"/rails/{stage}/db": "same"}


def test_values_whose_paths_have_nothing_in_common_belong_together_by_name_and_batch() -> None:
    staging = side("staging", value("/old/place/DB"), value("/else/OTHER"), DB="x")
    production = side("production", value("/new/DB"), DB="x")

    assert states(staging, production) == {"/old/place/DB": "same", "/else/OTHER": "declared in staging only"}


def test_what_is_missing_is_said_with_the_stage() -> None:
    assert states(own("staging", *"ABC", A=""), own("production", *"ABC", B="x")) == {
        "report/A": "missing in production",
        "report/B": "missing in staging",
        "report/C": "missing in both",
    }


def test_a_secret_has_no_value_even_where_the_other_stage_calls_it_a_parameter() -> None:
    (pair,) = compare(own("staging", "KEY", kind="secret", KEY="s3cret"), own("production", "KEY", KEY="open"))

    assert (pair.kind, pair.state, pair.values) == ("secret", "different", (None, None))


def test_what_cannot_be_read_is_no_difference_and_not_the_same() -> None:
    staging = own("staging", "KEY", kind="secret", hidden=True)

    (pair,) = compare(staging, own("production", "KEY", kind="secret", KEY="x"))

    assert (pair.state, pair.differs) == ("not visible", False)


def test_what_is_hidden_here_and_missing_there_is_missing_there() -> None:
    staging = own("staging", "KEY", kind="secret", hidden=True)

    assert states(staging, own("production", "KEY", kind="secret")) == {"report/KEY": "missing in production"}


def test_secrets_of_secrets_manager_are_not_looked_at() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:1:secret:cert-AbCdEf"
    staging = side("staging", value(arn, "secret", name="CERT"))
    production = side("production", value(arn.replace("AbCdEf", "GhIjKl"), "secret", name="CERT"))

    (pair,) = compare(staging, production)

    assert (pair.state, pair.differs) == ("not looked at", False)
