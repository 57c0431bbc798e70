"""What the library's grants allow a caller in the stage of the tests, as statements."""

from typing import Any

from batchwright.arns import Place
from batchwright.iam import run_policies
from batchwright_runner.contract.names import StageNames
from tests.fake_aws.fixtures import ACCOUNT, REGION

PLACE, NAMES = Place(ACCOUNT, REGION), StageNames("batches", "staging")
RUNS = run_policies.runs_of_stage(PLACE, NAMES)


def running(*, deadlines: bool = False) -> list[dict[str, Any]]:
    """What starts, follows and stops the stage's runs."""
    return run_policies.run(PLACE, NAMES, RUNS, cluster="batches-staging", deadlines=deadlines)


def operating(*, key: str = "") -> list[dict[str, Any]]:
    """The same, and what ``grant_operate`` adds."""
    return [*running(), *run_policies.operate(PLACE, NAMES, key=key, repositories=[PLACE._repository("batches/*")])]
