"""How values of two stages stand against one another."""

from collections.abc import Mapping

from batchwright_runner.host.params.between import ComparedPair, Side, compare_stages
from batchwright_runner.host.params.declared import DeclaredValue, Kind


def value(path: str, kind: Kind = "parameter", users: tuple[str, ...] = ("report",), name: str = "") -> DeclaredValue:
    return DeclaredValue(path=path, name=name or path.rpartition("/")[2], kind=kind, users=users)


def side(
    stage: str, *values: DeclaredValue, texts: Mapping[str, str] | None = None, hidden: tuple[str, ...] = ()
) -> Side:
    return Side(stage, "batches", {one.path: one for one in values}, texts or {}, frozenset(hidden))


def compare(one: Side, other: Side) -> list[ComparedPair]:
    return compare_stages(one, other, lambda _name, _value: True)


def states(one: Side, other: Side) -> dict[str, str]:
    return {pair.name: pair.state for pair in compare(one, other)}


def test_own_values_belong_together_by_batch_and_name() -> None:
    one = side("staging", value("/batches/staging/report/TO"), texts={"/batches/staging/report/TO": "dev"})
    other = side("production", value("/batches/production/report/TO"), texts={"/batches/production/report/TO": "all"})

    (pair,) = compare(one, other)

    assert (pair.name, pair.state, pair.values, pair.differs) == ("report/TO", "different", ("dev", "all"), True)


def test_values_of_others_belong_together_where_only_the_stages_name_differs() -> None:
    one = side("staging", value("/rails/staging/db"), texts={"/rails/staging/db": "x"})
    other = side("production", value("/rails/production/db"), texts={"/rails/production/db": "x"})

    assert states(one, other) == {"/rails/{stage}/db": "same"}


def test_values_whose_paths_have_nothing_in_common_belong_together_by_name_and_batch() -> None:
    one = side("staging", value("/old/place/DB"), value("/else/OTHER"), texts={"/old/place/DB": "x"})
    other = side("production", value("/new/DB"), texts={"/new/DB": "x"})

    assert states(one, other) == {"/old/place/DB": "same", "/else/OTHER": "declared in staging only"}


def test_what_is_missing_is_said_with_the_stage() -> None:
    names = ["A", "B", "C"]
    one = side(
        "staging",
        *(value(f"/batches/staging/report/{name}") for name in names),
        texts={"/batches/staging/report/A": ""},
    )
    other = side(
        "production",
        *(value(f"/batches/production/report/{name}") for name in names),
        texts={"/batches/production/report/B": "x"},
    )

    assert states(one, other) == {
        "report/A": "missing in production",
        "report/B": "missing in staging",
        "report/C": "missing in both",
    }


def test_a_secret_has_no_value_even_where_the_other_stage_calls_it_a_parameter() -> None:
    one = side(
        "staging", value("/batches/staging/report/KEY", "secret"), texts={"/batches/staging/report/KEY": "s3cret"}
    )
    other = side(
        "production", value("/batches/production/report/KEY"), texts={"/batches/production/report/KEY": "open"}
    )

    (pair,) = compare(one, other)

    assert (pair.kind, pair.state, pair.values) == ("secret", "different", (None, None))


def test_what_cannot_be_read_is_no_difference_and_not_the_same() -> None:
    one = side("staging", value("/batches/staging/report/KEY", "secret"), hidden=("/batches/staging/report/KEY",))
    other = side(
        "production", value("/batches/production/report/KEY", "secret"), texts={"/batches/production/report/KEY": "x"}
    )

    (pair,) = compare(one, other)

    assert (pair.state, pair.differs) == ("not visible", False)


def test_what_is_hidden_here_and_missing_there_is_missing_there() -> None:
    one = side("staging", value("/batches/staging/report/KEY", "secret"), hidden=("/batches/staging/report/KEY",))
    other = side("production", value("/batches/production/report/KEY", "secret"))

    assert states(one, other) == {"report/KEY": "missing in production"}


def test_secrets_of_secrets_manager_are_not_looked_at() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:1:secret:cert-AbCdEf"
    one = side("staging", value(arn, "secret", name="CERT"))
    other = side("production", value(arn.replace("AbCdEf", "GhIjKl"), "secret", name="CERT"))

    (pair,) = compare(one, other)

    assert (pair.state, pair.differs) == ("not looked at", False)
