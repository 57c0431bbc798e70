from pathlib import Path

import pytest

from batchwright_runner.errors import UsageError
from batchwright_runner.host.settings.project import Project

PROJECT = Project(Path("/shop"), "python app.py", {"stages": {"local": {}, "staging": {}, "production": {}}})


def test_the_stage_of_local_runs_is_none_that_can_be_deployed() -> None:
    assert PROJECT.stages == ("staging", "production")

    PROJECT.check_stage("local")
    with pytest.raises(UsageError, match=r"no such stage 'local': .* There are: production, staging"):
        PROJECT.check_stage("local", local=False)
