import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright.assembly.unresolved import evaluate

KNOWN = {"AWS::Region": "ap-northeast-1", "AWS::AccountId": "111111111111"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="ascii")), inner, max_size=3)
    ),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ({"Ref": "AWS::Region"}, "ap-northeast-1"),
        ({"Ref": "Bucket"}, {"unresolved": "Ref Bucket"}),
        ({"Fn::GetAtt": ["Role", "Arn"]}, {"unresolved": "Role.Arn"}),
        ({"Fn::GetAtt": "Role.Arn"}, {"unresolved": "Role.Arn"}),
        ({"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/*"]]}, {"unresolved": "Bucket.Arn + /*"}),
        ({"Fn::Join": ["", ["arn:aws:s3:::", {"Ref": "Bucket"}, "/*"]]}, {"unresolved": "Ref Bucket"}),
        ({"Fn::Join": ["", ["arn:", {"Ref": "AWS::AccountId"}, ":x"]]}, "arn:111111111111:x"),
        ({"Fn::Join": [",", ["a", {"Ref": "B"}, {"Ref": "C"}]]}, {"unresolved": "Ref B, Ref C"}),
        (
            {"Fn::Join": ["-", ["a", {"Fn::Join": ["", [{"Ref": "AWS::Region"}, "z"]]}]]},
            "a-ap-northeast-1z",
        ),
        ({"Fn::Join": [",", {"Ref": "List"}]}, {"unresolved": 'Fn::Join [",",{"Ref":"List"}]'}),
        ({"Fn::Sub": "nothing"}, "nothing"),
        ({"Fn::Sub": "${A}"}, {"unresolved": 'Fn::Sub "${A}"'}),
        ({"Fn::ImportValue": "x"}, {"unresolved": 'Fn::ImportValue "x"'}),
        ([{"Ref": "AWS::Region"}, 1, True, None], ["ap-northeast-1", 1, True, None]),
        ({"a": {"Ref": "AWS::Region"}, "b": 2}, {"a": "ap-northeast-1", "b": 2}),
        ({"Ref": "A", "b": 2}, {"Ref": "A", "b": 2}),
        ({}, {}),
    ],
)
def test_what_functions_mean(value: object, expected: object) -> None:
    assert evaluate(value, KNOWN) == expected


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
