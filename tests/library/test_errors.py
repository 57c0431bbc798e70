import pytest

from batchwright import DeclarationError
from batchwright.errors import unknown, wrong


def test_a_mistake_names_whose_which_what_and_what_else() -> None:
    error = wrong("batch report", "cpu", "256", "a whole number")

    assert str(error) == "batch report: cpu: '256' was given; allowed: a whole number"
    assert (error.subject, error.argument) == ("batch report", "cpu")
    assert isinstance(error, ValueError)


@pytest.mark.parametrize(
    ("known", "rest"),
    [
        (["staging", "production"], "known: production, staging; did you mean staging?"),
        (["stage", "staging"], "known: stage, staging; did you mean staging or stage?"),
        (["live"], "known: live"),
        ([], "known: none"),
    ],
)
def test_an_unknown_name_is_met_with_the_nearest(known: list[str], rest: str) -> None:
    error = unknown("cdk.json", "stage", "stagin", known)

    assert str(error) == f"cdk.json: stage: 'stagin' was given; {rest}"
    assert isinstance(error, DeclarationError)
