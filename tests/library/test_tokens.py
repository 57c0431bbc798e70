"""Whether data hold a value that only a deployment knows."""

from typing import Any

import pytest
from aws_cdk import Fn, Token
from hypothesis import given
from hypothesis import strategies as st

from batchwright.tokens import holds_token

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e280, 1e280) | st.sampled_from(["", "${HOME}", "Token"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab", max_size=2), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "token",
    [
        lambda: Token.as_string({"Ref": "Thing"}),
        lambda: Token.as_list({"Ref": "Things"}),
        lambda: Token.as_number({"Ref": "Number"}),
        lambda: Token.as_any({"Ref": "Thing"}),
        lambda: Fn.import_value("other"),
        lambda: Fn.split(",", Fn.import_value("others")),
        lambda: f"arn:{Fn.ref('Name')}:*",
    ],
)
def test_every_kind_of_token_is_seen_wherever_it_stands(token: Any) -> None:  # noqa: ANN401 - a function
    made = token()

    assert Token.is_unresolved(made)
    for data in (made, [made], {"a": ["b", {"c": made}]}, ("a", made)):
        assert holds_token(data)


def test_a_token_in_a_key() -> None:
    assert holds_token({"StringEquals": {f"{Fn.ref('Provider')}:sub": "x"}})


@given(PLAIN)
def test_plain_data_hold_none(data: Any) -> None:  # noqa: ANN401 - any JSON
    assert not holds_token(data)
