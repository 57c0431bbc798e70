"""A profile's credentials, for a run on this machine."""

from pathlib import Path

import pytest

from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.local.credentials import profile_variables

EXPIRED = '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s", "Expiration": "2020-01-01T00:00:00Z"}'


def test_a_profile_without_credentials_says_how_to_get_some(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile empty]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(RunnerError, match=r"profile empty cannot be used: .*aws sso login --profile empty"):
        profile_variables("empty", "eu-west-1")


@pytest.mark.process
@pytest.mark.parametrize(
    ("prints", "why"), [(f"echo '{EXPIRED}'", "expired"), ("exit 1", "custom-process"), ("echo '['", "Expecting value")]
)
def test_a_source_that_gives_none_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, prints: str, why: str
) -> None:
    (tmp_path / "source").write_text(prints)
    (tmp_path / "config").write_text(f"[profile late]\ncredential_process = sh {tmp_path}/source\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    with pytest.raises(RunnerError, match=f"profile late cannot be used: .*{why}"):
        profile_variables("late", "eu-west-1")
