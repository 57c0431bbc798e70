import json

from hypothesis import given
from hypothesis import strategies as st

from batchwright.assembly.unresolved import evaluate
from tests.kit.rows import each_row

KNOWN = {"AWS::Region": "ap-northeast-1", "AWS::AccountId": "111111111111"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="ascii")), inner, max_size=3)
    ),
    max_leaves=10,
)


@each_row("value expected", __file__, "functions")
def test_what_functions_mean(value: str, expected: str) -> None:
    assert evaluate(json.loads(value), KNOWN) == json.loads(expected)


@given(JSON)
def test_data_without_functions_stays_as_it_is(value: object) -> None:
    def has_function(value: object) -> bool:
        if isinstance(value, dict):
            return any(str(key) == "Ref" or str(key).startswith("Fn::") for key in value) or any(
                has_function(inner) for inner in value.values()
            )
        return isinstance(value, list) and any(has_function(inner) for inner in value)

    if not has_function(value):
        assert evaluate(value, KNOWN) == value
