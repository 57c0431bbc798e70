"""What a batch reads and writes, by its declaration and its task role's statements."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.contract.access import Access, Grant, RoleAccess
from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.edges import Edge, is_resource
from batchwright_runner.workbench.permissions.actions import services
from batchwright_runner.workbench.permissions.edges import _TABLE, directions, edges_of, granted_edges
from batchwright_runner.workbench.permissions.statements import resource_of
from tests.kit.manifests import manifest
from tests.kit.rows import rows

HERE = "batches/report/batch.py:31"
SQS = "arn:aws:sqs:ap-northeast-1:111111111111"


def allow(actions: list[str] | str, resources: Any = "*", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def access(*statements: dict[str, Any]) -> Access:
    return Access(task=RoleAccess(grants=[Grant(statement=statement, at=HERE) for statement in statements]))


def edges_of_grants(*statements: dict[str, Any]) -> list[tuple[str, str]]:
    return [(edge.direction, edge.resource) for edge in granted_edges(access(*statements))]


def statement_of(text: str) -> dict[str, Any]:
    """The statement that a row says: ``Allow s3:GetObject on not arn:aws:s3:::secret/*``."""
    [(effect, actions, resources)] = re.findall(r"^(\w+) (.+) on (.+)$", text)
    statement: dict[str, Any] = {"Effect": effect}
    for kind, words in (("Action", actions), ("Resource", resources)):
        values = [json.loads(words)] if words[0] == "{" else words.removeprefix("not ").split()
        statement["Not" * words.startswith("not ") + kind] = values
    return statement


@pytest.mark.parametrize("row", rows(__file__, "edges"), ids=lambda row: row[0])
def test_what_a_statement_tells(row: tuple[str, ...]) -> None:
    given, *edges = row

    assert [" ".join(edge) for edge in edges_of_grants(statement_of(given))] == edges


def test_what_is_denied_is_no_edge_unless_a_condition_decides() -> None:
    read = allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::sales/*")
    deny = {"Effect": "Deny", "Action": "s3:Put*", "Resource": "arn:aws:s3:::sales*"}

    assert edges_of_grants(read, deny) == [("reads", "s3:sales")]
    assert edges_of_grants(read, {**deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}) == [
        ("reads", "s3:sales"),
        ("writes", "s3:sales"),
    ]


def test_what_declaration_and_grant_both_say_is_one_edge() -> None:
    batch = BatchFile(
        manifest=manifest(),
        task={},
        parameters={},
        access=access(allow("s3:GetObject", ["arn:aws:s3:::sales/*", "arn:aws:s3:::prices/*"])),
        package=None,
        source=None,
        reads=("mysql:shop.orders", "s3:sales"),
        writes=("s3:sales",),
    )

    assert edges_of(batch) == [
        Edge(direction="reads", resource="mysql:shop.orders", declared=True),
        Edge(direction="reads", resource="s3:prices", granted=True, at=(HERE,)),
        Edge(direction="reads", resource="s3:sales", declared=True, granted=True, at=(HERE,)),
        Edge(direction="writes", resource="s3:sales", declared=True),
    ]
    assert edges_of(BatchFile.from_dict(json.loads(json.dumps(batch.to_dict())))) == edges_of(batch)


@given(st.sampled_from(sorted(services())), st.text("abc:/*<>arn-{}\n ", max_size=40))
def test_any_arn_makes_a_name_that_a_declaration_could_have(service: str, arn: str) -> None:
    resource = resource_of(service, arn)

    assert is_resource(resource) or resource.endswith(":") or "\n" in resource


def test_the_table_names_actions_that_exist() -> None:
    listed = [(service, name) for service, (reads, writes) in _TABLE.items() for name in f"{reads} {writes}".split()]
    unknown = [
        f"{service}:{name}"
        for service, name in listed
        if service in services() and name != "*" and name not in services()[service].levels
    ]

    assert unknown == []
    assert directions("dynamodb:Scan") == ["reads"]


@pytest.mark.parametrize("arn", ["<Sales.Arn>", "<Sales.Arn>/*", "<Sales.Arn>/2026/*"])
def test_what_is_inside_of_something_that_only_a_deployment_knows_is_that_thing(arn: str) -> None:
    assert resource_of("s3", arn) == "s3:<Sales.Arn>"
