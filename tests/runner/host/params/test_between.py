"""How values of two stages stand against one another."""

from collections.abc import Mapping

from batchwright_runner.host.params.between import ComparedPair, Side, compare_stages, matched
from batchwright_runner.host.params.declared import DeclaredValue, Kind


def value(path: str, kind: Kind = "parameter", users: tuple[str, ...] = ("report",), name: str = "") -> DeclaredValue:
    return DeclaredValue(path=path, name=name or path.rpartition("/")[2], kind=kind, users=users)


def side(
    stage: str, *values: DeclaredValue, texts: Mapping[str, str] | None = None, hidden: tuple[str, ...] = ()
) -> Side:
    return Side(stage, "batches", {value.path: value for value in values}, texts or {}, frozenset(hidden))


def compare(first: Side, second: Side) -> list[ComparedPair]:
    return compare_stages(first, second, matched(first, second, lambda _name, _value: True))


def states(first: Side, second: Side) -> dict[str, str]:
    return {pair.name: pair.state for pair in compare(first, second)}


def test_own_values_belong_together_by_batch_and_name() -> None:
    staging = side("staging", value("/batches/staging/report/TO"), texts={"/batches/staging/report/TO": "dev"})
    production = side(
        "production", value("/batches/production/report/TO"), texts={"/batches/production/report/TO": "all"}
    )

    (pair,) = compare(staging, production)

    assert (pair.name, pair.state, pair.values, pair.differs) == ("report/TO", "different", ("dev", "all"), True)


def test_values_of_others_belong_together_where_only_the_stages_name_differs() -> None:
    staging = side("staging", value("/rails/staging/db"), texts={"/rails/staging/db": "x"})
    production = side("production", value("/rails/production/db"), texts={"/rails/production/db": "x"})

    assert states(staging, production) == {"/rails/{stage}/db": "same"}


def test_values_whose_paths_have_nothing_in_common_belong_together_by_name_and_batch() -> None:
    staging = side("staging", value("/old/place/DB"), value("/else/OTHER"), texts={"/old/place/DB": "x"})
    production = side("production", value("/new/DB"), texts={"/new/DB": "x"})

    assert states(staging, production) == {"/old/place/DB": "same", "/else/OTHER": "declared in staging only"}


def test_what_is_missing_is_said_with_the_stage() -> None:
    names = ["A", "B", "C"]
    staging = side(
        "staging",
        *(value(f"/batches/staging/report/{name}") for name in names),
        texts={"/batches/staging/report/A": ""},
    )
    production = side(
        "production",
        *(value(f"/batches/production/report/{name}") for name in names),
        texts={"/batches/production/report/B": "x"},
    )

    assert states(staging, production) == {
        "report/A": "missing in production",
        "report/B": "missing in staging",
        "report/C": "missing in both",
    }


def test_a_secret_has_no_value_even_where_the_other_stage_calls_it_a_parameter() -> None:
    staging = side(
        "staging", value("/batches/staging/report/KEY", "secret"), texts={"/batches/staging/report/KEY": "s3cret"}
    )
    production = side(
        "production", value("/batches/production/report/KEY"), texts={"/batches/production/report/KEY": "open"}
    )

    (pair,) = compare(staging, production)

    assert (pair.kind, pair.state, pair.values) == ("secret", "different", (None, None))


def test_what_cannot_be_read_is_no_difference_and_not_the_same() -> None:
    staging = side("staging", value("/batches/staging/report/KEY", "secret"), hidden=("/batches/staging/report/KEY",))
    production = side(
        "production", value("/batches/production/report/KEY", "secret"), texts={"/batches/production/report/KEY": "x"}
    )

    (pair,) = compare(staging, production)

    assert (pair.state, pair.differs) == ("not visible", False)


def test_what_is_hidden_here_and_missing_there_is_missing_there() -> None:
    staging = side("staging", value("/batches/staging/report/KEY", "secret"), hidden=("/batches/staging/report/KEY",))
    production = side("production", value("/batches/production/report/KEY", "secret"))

    assert states(staging, production) == {"report/KEY": "missing in production"}


def test_secrets_of_secrets_manager_are_not_looked_at() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:1:secret:cert-AbCdEf"
    staging = side("staging", value(arn, "secret", name="CERT"))
    production = side("production", value(arn.replace("AbCdEf", "GhIjKl"), "secret", name="CERT"))

    (pair,) = compare(staging, production)

    assert (pair.state, pair.differs) == ("not looked at", False)
