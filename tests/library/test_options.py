from typing import Any

import pytest

from batchwright import DeclarationError, Option
from batchwright.options import run_options
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.options import RunOption
from tests.library.support import app, batch, platform, stack

DATE = Option("DATE", pattern=r"\d{4}-\d\d-\d\d", description="The day  to report")


def test_options_are_in_the_manifest() -> None:
    scope = stack(app())
    on = platform(scope)
    options = [DATE, Option("SHOP", values=["tokyo", "osaka"])]

    manifest = batch(scope, on, options=options, environment={"SHOP": "tokyo"}).manifest

    assert manifest.options == (
        RunOption(name="DATE", pattern=r"\d{4}-\d\d-\d\d", description="The day to report"),
        RunOption(name="SHOP", values=("tokyo", "osaka")),
    )
    assert BatchManifest.from_json(manifest.to_json()) == manifest
    assert "options" not in batch(scope, on, "other").manifest.to_dict()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([Option("DATE"), Option("DATE")], "options: DATE was given twice"),
        ([Option("1ST")], "options: name: '1ST' was given; allowed: the name of a variable"),
        ([Option("BATCHWRIGHT_DAY")], "name: 'BATCHWRIGHT_DAY' was given"),
        ([Option("scheduled")], "options: name: 'scheduled' was given; allowed: a name other than scheduled, command"),
        ([Option("AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID")], "name: 'AWS_STEP.* was given; allowed: a name other"),
        ([Option("DATE", pattern="(")], r"options: DATE: pattern: '\(' is not a regular expression"),
        ([Option("DATE", pattern="(?u)a")], r"pattern: '\(\?u\)a' is not a regular expression: ASCII and UNICODE"),
        (
            [Option("DATE", pattern="a{99999999999}")],
            r"pattern: 'a\{99999999999\}' is not a regular expression: the repetition number",
        ),
        ([Option("DATE", pattern="(a+)+b")], r"pattern: '\(a\+\)\+b' repeats a group that has a repetition"),
        ([Option("DATE", values=["a", "b" * 257])], "values: .* allowed: texts of at most 256 characters"),
        ([Option("DATE", pattern="")], "pattern: '' was given; allowed: a regular expression"),
        (
            [Option("DATE", pattern="a+", values=["a", "b"])],
            r"values: 'b' was given; allowed: what matches the pattern",
        ),
        ([Option("SHOP", values=["a", " b"])], "values: ' b' was given; allowed: a list of texts of one line"),
        ([Option("SHOP", values=["a", "a"])], "values: .* was given; allowed: each value once"),
        ([Option("SHOP", description="x" * 201)], "description: .* allowed: a text of at most 200 characters"),
        (["DATE"], r"options: 'DATE' was given; allowed: an Option"),
        ([Option("HOST")], "options: HOST is a parameter or a secret too, which ECS fills in itself"),
    ],
)
def test_what_no_run_could_keep_is_refused(options: list[Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=f"batch .*: {message}"):
        run_options("batch report", options, values=["HOST", "PASSWORD"])
