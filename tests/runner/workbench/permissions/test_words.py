"""What a batch may do, in words."""

from typing import Any

import pytest

from batchwright_runner.contract.access import Access, Caller, Grant, Managed, RoleAccess
from batchwright_runner.workbench.permissions.statements import permissions_of
from batchwright_runner.workbench.permissions.words import describe, permission_line

READ = {"Effect": "Allow", "Action": ["s3:GetObject*", "s3:ListBucket"], "Resource": "arn:aws:s3:::sales"}


def described(*statements: dict[str, Any], **task: Any) -> str:  # noqa: ANN401 - fields of RoleAccess
    grants = [Grant(statement=statement, at="batches/report/batch.py:31", reason="why not") for statement in statements]
    return describe(Access(task=RoleAccess(arn="arn:aws:iam::1:role/a/report-task", grants=grants, **task)))


def test_a_grant_in_words() -> None:
    text = described(READ)

    assert text.startswith("Task role report-task: what the batch itself may do\n\n  S3: read, list\n")
    assert "    s3:GetObject*   [wildcard: " in text
    assert "      on arn:aws:s3:::sales\n" in text
    assert "      reason: why not\n      granted at batches/report/batch.py:31\n" in text


def test_one_statement_about_two_services_is_under_both() -> None:
    both = {"Effect": "Allow", "Action": ["s3:PutObject", "sqs:SendMessage"], "Resource": "*"}
    permissions = permissions_of([Grant(statement=both)])

    assert [(permission.service, permission.actions) for permission in permissions] == [
        ("s3", ("s3:PutObject",)),
        ("sqs", ("sqs:SendMessage",)),
    ]
    assert "*   [wildcard: every resource]" in described(both)


def test_the_same_statement_twice_from_one_line_is_said_once() -> None:
    assert described(READ, READ) == described(READ)


def test_denials_exceptions_and_conditions_are_not_lost() -> None:
    text = described(
        {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
        {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::secret"},
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": [{"unresolved": "Key.Arn"}, {"unresolved": "Bucket.Arn + /*"}],
            "Condition": {"StringEquals": {"kms:ViaService": ["a", "b"]}, "NumericLessThan": {"aws:x": "1"}},
        },
    )

    assert "never s3:DeleteObject" in text
    assert "but not iam:*" in text
    assert "on everything but arn:aws:s3:::secret" in text
    conditions = "only if aws:x NumericLessThan 1\n      only if kms:ViaService is a or b"
    assert f"on <Key.Arn>\n      on <Bucket.Arn>/*   [wildcard]\n      {conditions}" in text


def test_a_statement_that_only_a_deployment_knows_is_shown_as_such() -> None:
    (permission,) = permissions_of([Grant(statement={"unresolved": "Fn::If Live"})])

    assert permission_line(permission).startswith("every service: ")
    assert "    what <Fn::If Live> says" in described({"unresolved": "Fn::If Live"})


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"unresolved": 'Fn::If ["C",{},{}]'}, 'only if <Fn::If ["C",{},{}]>'),
        ({"StringEquals": {"unresolved": "Fn::If x"}}, "only if StringEquals <Fn::If x>"),
    ],
)
def test_conditions_that_only_a_deployment_knows_are_said_as_such(condition: dict[str, Any], words: str) -> None:
    assert f"      {words}\n" in described({**READ, "Condition": condition})


@pytest.mark.parametrize(
    ("effect", "element", "line", "listed"),
    [
        ("Allow", "Action", "IAM: list, change who may do what on iam:*", "iam:ListRoles"),
        ("Allow", "NotAction", "every service: everything but iam:ListRoles, iam:Pass* on *", "but not iam:ListRoles"),
        ("Deny", "Action", "never iam:ListRoles, iam:Pass*", "never iam:ListRoles"),
        (
            "Deny",
            "NotAction",
            "every service: never anything but iam:ListRoles, iam:Pass* on *",
            "never anything but iam:ListRoles, iam:Pass*",
        ),
    ],
)
def test_a_denial_of_all_but_some_actions_is_not_said_as_one_of_those(
    effect: str, element: str, line: str, listed: str
) -> None:
    statement = {"Effect": effect, element: ["iam:ListRoles", "iam:Pass*"], "Resource": "*"}
    (permission,) = permissions_of([Grant(statement=statement)])

    assert line in permission_line(permission)
    assert f"    {listed}" in described(statement)


def test_what_the_account_adds_is_said() -> None:
    text = described(adopted=True, managed=[Managed(arn="arn:aws:iam::aws:policy/ReadOnlyAccess", at="app.py:3")])

    assert "managed policy arn:aws:iam::aws:policy/ReadOnlyAccess  (app.py:3)\n" in text
    assert "cannot be seen here" in text


def test_a_role_that_may_do_nothing_says_what_to_do() -> None:
    assert "nothing: grant it something, or call self.allow(…)" in described()


def test_callers_in_words() -> None:
    text = describe(
        Access(
            callers=[
                Caller(who="arn:aws:iam::1:role/ci", grant="grant_run", on="stage", at="app.py:3"),
                Caller(who="arn:aws:iam::1:role/ci", grant="grant_operate", on="stage", at="app.py:3"),
                Caller(who="Rundeck, made by this project", grant="grant_run", on="batch"),
            ]
        )
    )

    assert text.count("arn:aws:iam::1:role/ci") == 1
    assert "start, follow and stop runs: of every batch of the stage  (app.py:3)" in text
    assert "start, follow and stop runs: of this batch\n" in f"{text}\n"
    assert describe(Access()).endswith("  no one")


def test_what_a_start_of_the_machine_may_bring_along_is_shown() -> None:
    text = describe(Access(), startable=("command",))

    assert "Whoever may start its machine may run any command with its task role and secrets" in text


def test_whoever_may_change_what_its_machine_asks_is_named() -> None:
    said = "Whoever may update the code of the function batches-staging-machines chooses the command"

    assert said in describe(Access(), function="batches-staging-machines")
    assert "chooses the command" not in describe(Access())
