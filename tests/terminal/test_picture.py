"""The run whose screens docs/generate_picture.py draws for the README."""

from collections.abc import Callable

import pytest

from docs import generate_picture as picture
from tests.fake_aws import AwsServer, Script, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.terminal.conftest import Opened
from tests.terminal.window import Recording, Window

Look = Callable[[Recording], None]

LOG = lines(
    "data/sales.csv, line 5, column quantity: '-2' is not a whole number",
    "data/sales.csv, line 13, column unit_price: '百五十' is not a whole number",
    "data/sales.csv, line 17, column receipt: 'R000015' is in the file already",
    "data/sales.csv: 17 good rows, 3 bad",
    every=0.1,
)
PICTURED = pytest.mark.parametrize("columns", [picture.COLUMNS], indirect=True)


def begun(aws: AwsServer, window: Opened, seconds: float) -> Window:
    aws.deploy(sample_manifest("sales-check"), Script(lines=LOG, runs=seconds, exit_code=3))
    return window(*picture.COMMAND)


@PICTURED
def test_picture_of_a_run(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    opened = begun(aws, window, seconds=60)
    opened.until("17 good rows, 3 bad")
    opened.until("running · ")
    opened.until_drawn()
    looks_right(opened.seen())


@PICTURED
def test_picture_of_its_end(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    looks_right(begun(aws, window, seconds=1).end())
