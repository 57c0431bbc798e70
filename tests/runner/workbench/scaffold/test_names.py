"""Names that a person types: what is refused, and what is made of them."""

import keyword
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright.errors import DeclarationError
from batchwright.names import check_batch as declared
from batchwright_runner.contract.names import RESERVED
from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.scaffold.names import (
    check_account,
    check_batch,
    check_image,
    check_project,
    check_region,
    check_stage,
    class_name,
    folder_name,
    project_name,
)

NAMES = st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fullmatch=True).filter(lambda name: 2 <= len(name) <= 40)


WRONG: dict[Callable[[str], str], tuple[str, list[str]]] = {
    check_project: (
        "is not a name for a project. Write 2 to 20",
        ["", "a", "A", "1sales", "aws1", "ssm", "my-sales", "a" * 21, "a\n", "日本"],
    ),
    check_stage: ("is not a name for a stage", ["", "s", "Staging", "pre-prod", "a" * 13, "local"]),
    check_account: (
        "is not an AWS account. Write its 12 digits",
        ["", "12345678901", "1234567890123", "11111111111a", "111111111111 ", "\uff11" * 12],
    ),
    check_region: (
        "is not an AWS region. Write it as in ap-northeast-1",
        ["", "tokyo", "ap-northeast", "ap_northeast_1", "AP-NORTHEAST-1", "us-east-1a"],
    ),
}


@pytest.mark.parametrize(("check", "given"), [(check, name) for check, (_, names) in WRONG.items() for name in names])
def test_what_cannot_be_used_is_refused_with_what_to_write(check: Callable[[str], str], given: str) -> None:
    with pytest.raises(UsageError, match=re.escape(WRONG[check][0])):
        check(given)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("daily_report", "daily-report"),
        ("DailyReport", "dailyreport"),
        ("Daily Report", "daily-report"),
        ("-daily--report-", "daily-report"),
        ("2nd-report", "nd-report"),
        ("r" * 41, "r" * 40),
        ("batches/report", "batches-report"),
    ],
)
def test_a_name_of_another_form_gets_one_that_is_near(name: str, meant: str) -> None:
    for check in (check_image, lambda name: check_batch(name, project="p1", stages=[], known={})):
        with pytest.raises(UsageError, match=rf"is not a name for .*\. Did you mean {meant}\?$"):
            check(name)


@pytest.mark.parametrize("name", ["", "x", "---", "日報"])
def test_a_name_that_nothing_is_near_to(name: str) -> None:
    with pytest.raises(UsageError, match=r"a letter first$"):
        check_batch(name, project="p1", stages=[], known={})


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_reserved_name(name: str) -> None:
    with pytest.raises(UsageError, match="it is reserved"):
        check_batch(name, project="p1", stages=[], known={})


def test_a_name_that_exists_says_where() -> None:
    with pytest.raises(UsageError, match=r"there is a batch 'report' already: batches/report declares it"):
        check_batch("report", project="p1", stages=[], known={"report": "batches/report"})


def test_a_name_that_is_too_long_says_by_how_much() -> None:
    with pytest.raises(UsageError, match=r"project shopshop1 and stage production it has 59 characters.*2 shorter"):
        check_batch("r" * 40, project="shopshop1", stages=["dev", "production"], known={})


@given(NAMES)
def test_a_name_is_accepted_as_the_library_does(name: str) -> None:
    def new() -> None:
        check_batch(name, project="batches", stages=["production"], known={})

    def library() -> None:
        declared(name, "batches", ["production"])

    assert accepted(new) == accepted(library)


def accepted(check: Callable[[], None]) -> bool:
    try:
        check()
    except (UsageError, DeclarationError):
        return False
    return True


@given(NAMES)
def test_folder_and_class_can_be_names_in_python(name: str) -> None:
    for identifier in (folder_name(name), class_name(name)):
        assert identifier.isidentifier()
        assert not keyword.iskeyword(identifier)


@pytest.mark.parametrize(
    ("batch", "folder", "class_"),
    [
        ("daily-report", "daily_report", "DailyReport"),
        ("lambda", "lambda_", "Lambda"),
        ("none", "none", "NoneJob"),
        ("fargate-batch", "fargate_batch", "FargateBatchJob"),
        ("a-1", "a_1", "A1"),
    ],
)
def test_folder_and_class_of_a_batch(batch: str, folder: str, class_: str) -> None:
    assert (folder_name(batch), class_name(batch)) == (folder, class_)


@pytest.mark.parametrize(
    ("folder", "project"),
    [
        ("sales", "sales"),
        ("Sales-Batches", "salesbatches"),
        ("2026-sales", "sales"),
        ("x", "batches"),
        ("aws-jobs", "batches"),
        ("日本", "batches"),
        ("a" * 30, "a" * 20),
    ],
)
def test_a_project_is_called_as_its_folder_where_that_is_allowed(folder: str, project: str) -> None:
    assert project_name(folder) == project
    check_project(project)
