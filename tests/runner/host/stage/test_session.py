from pathlib import Path

import pytest

from batchwright_runner.host.stage.session import Surroundings, open_stage
from batchwright_runner.host.terminal.console import Console
from tests.kit.fakes import FakeWaiter

STAGES = """
[stages.staging]
region = "eu-west-1"

[stages.production]
region = "ap-northeast-1"
"""


def test_a_verb_may_open_two_stages_with_one_waiter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "batchwright.toml").write_text(STAGES)
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "BATCHWRIGHT_CONFIG", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    around = Surroundings.of(FakeWaiter(), Console())

    staging, production = (open_stage(stage, around) for stage in ("staging", "production"))

    assert staging.waiter is production.waiter is around.waiter
    assert [stage.region for stage in (staging, production)] == ["eu-west-1", "ap-northeast-1"]
