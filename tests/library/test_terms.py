import re
from typing import Any

import pytest
from aws_cdk import Duration

from batchwright import DeclarationError, Retry
from batchwright.terms import Terms, Wait, describe
from tests.kit.rows import each_row
from tests.library.support import written


def terms(**changes: Any) -> Terms:  # noqa: ANN401 - any argument
    given: dict[str, Any] = {
        "description": "Reports.",
        "owner": "sre",
        "runbook": None,
        "timeout": Duration.hours(1),
        "overlap": "allow",
    }
    made = Terms(**{**given, **changes})
    made.check("batch x")
    return made


def test_terms_that_can_be_kept() -> None:
    made = terms(
        retry=Retry(times=2, on=[75, "interruption"]),
        runbook="https://example.com",
        timeout=Duration.days(14),
        reads=["mysql:shop.orders", "https://api.example.com/v1"],
        writes=["mysql:shop.orders"],
    )

    assert made.manifest_fields() == {
        "description": "Reports.",
        "owner": "sre",
        "runbook": "https://example.com",
        "timeout_seconds": 1209600,
        "retries": 2,
        "retry_on": [75, "interruption"],
        "retry_delay_seconds": 0,
        "overlap": "allow",
    }


@pytest.mark.parametrize(
    ("overlap", "fields"),
    [
        ("wait", {"overlap": "wait"}),
        (Wait(at_most=Duration.hours(2)), {"overlap": "wait", "overlap_wait_seconds": 7200}),
    ],
)
def test_a_run_waits_for_as_long_as_is_said(overlap: object, fields: dict[str, object]) -> None:
    found = {name: value for name, value in terms(overlap=overlap).manifest_fields().items() if "overlap" in name}

    assert found == fields


@each_row("given message", __file__, "terms")
def test_terms_that_cannot(given: str, message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^batch x: {re.escape(message)}"):
        terms(**written(given))


class Documented:
    """Mails the
    report.

    And more.
    """


class Undocumented(Documented):
    pass


def test_a_description_is_the_first_paragraph_of_the_docstring() -> None:
    assert describe("batch x", None, Documented, object) == "Mails the report."
    assert describe("batch x", "Given.", Documented, object) == "Given."


@pytest.mark.parametrize("given", [None, " "])
def test_an_inherited_docstring_describes_nothing(given: str | None) -> None:
    with pytest.raises(DeclarationError, match=r"^batch x: description: none was given; allowed: a docstring"):
        describe("batch x", given, Undocumented, object)


def test_the_docstring_of_the_base_describes_no_batch() -> None:
    with pytest.raises(DeclarationError, match=r"^batch x: description: none was given; allowed: a docstring"):
        describe("batch x", None, Documented, Documented)


@pytest.mark.parametrize("argument", ["reads", "writes"])
@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("mysql:shop.orders", "'mysql:shop.orders' was given; allowed: a list, such as ['mysql:shop.orders']"),
        (["shop.orders"], "'shop.orders' was given; allowed: kind:name without white space"),
        (["mysql:shop orders"], "'mysql:shop orders' was given"),
        (["mysql:a\x1b[31m"], "was given; allowed: kind:name"),
        ([7], "7 was given; allowed: kind:name"),
        (["s3:" + "a" * 198], "at most 200 characters"),
        (["s3:a", "s3:b", "s3:a"], "'s3:a' was given twice; allowed: each once"),
    ],
)
def test_a_name_without_a_kind_and_the_same_one_twice(argument: str, given: object, problem: str) -> None:
    with pytest.raises(DeclarationError, match=re.escape(problem)) as error:
        terms(**{argument: given})

    assert f"batch x: {argument}: " in str(error.value)
