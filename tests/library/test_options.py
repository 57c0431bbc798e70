import pytest

from batchwright import DeclarationError, Option
from batchwright.options import run_options
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.options import RunOption
from tests.kit.rows import each_row
from tests.library.support import app, batch, platform, stack, written

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


@each_row("given message", __file__, "options")
def test_what_no_run_could_keep_is_refused(given: str, message: str) -> None:
    with pytest.raises(DeclarationError, match=f"batch .*: {message}"):
        run_options("batch report", written(given), values=["HOST", "PASSWORD"])
