"""The sample batch members-export."""

import hashlib
import hmac
import subprocess
import sys
from pathlib import Path

import pytest

from batchwright_runner.contract.files_plan import FilesPlan, FileTemplate
from tests.batches.conftest import BATCHES

FOLDER = BATCHES / "members_export"
KEY = "50% of $1 = ${x} ; # \\"


def configuration(**variables: str) -> bytes:
    """The batch's config file, as it is rendered."""
    text = FOLDER.joinpath("export.ini.template").read_text(encoding="utf-8")
    (file,) = FilesPlan((FileTemplate("/app/config/export.ini", "files-1", "export.ini", text),)).render(variables)
    return file.content


def export(folder: Path, config: bytes | None) -> subprocess.CompletedProcess[str]:
    """Runs the batch's source with its data beside a config file."""
    folder.joinpath("data").symlink_to(FOLDER / "app/data")
    if config is not None:
        folder.joinpath("config").mkdir()
        folder.joinpath("config/export.ini").write_bytes(config)
    return subprocess.run(
        [sys.executable, "-m", "members"],
        cwd=folder,
        env={"PYTHONPATH": str(FOLDER / "app"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_it_exports_those_who_joined_lately_under_a_keyed_hash(tmp_path: Path) -> None:
    done = export(tmp_path, configuration(JOINED_SINCE="2026-08-20", HASH_KEY=KEY))

    assert done.returncode == 0, done.stderr
    hashed = hmac.new(KEY.encode(), b"s.okada@example.com", hashlib.sha256).hexdigest()[:16]
    assert done.stdout.splitlines()[0] == f"1004,{hashed}"
    assert done.stdout.splitlines()[-1] == "exported 2 members who joined since 2026-08-20"
    assert "example.com" not in done.stdout


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "No such file or directory: 'config/export.ini'"),
        (configuration(JOINED_SINCE="yesterday", HASH_KEY="x"), "Invalid isoformat string: 'yesterday'"),
        (b"[members]\nfile = data/members.csv\n", "'joined_since'"),
        (b"no section\n", "no section headers"),
    ],
)
def test_without_a_config_file_that_it_understands_it_stops(tmp_path: Path, config: bytes | None, message: str) -> None:
    done = export(tmp_path, config)

    assert done.returncode == 1
    assert done.stderr.startswith("the export stopped: ")
    assert message in done.stderr
