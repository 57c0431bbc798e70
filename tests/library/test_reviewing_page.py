"""The sample's pull request: its patch is applied to the sample, and its comment is what the command prints."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.kit.command import call, environment

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "docs" / "samples"
COMMENT = SAMPLES / "pull-request.md"


def git(folder: Path, *words: str) -> None:
    names = {f"GIT_{who}_{what}": "a" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = {**os.environ, **names, "GIT_CONFIG_GLOBAL": "/dev/null"}
    subprocess.run(["git", "-C", folder, *words], env=env, check=True, capture_output=True)


def always(text: str) -> str:
    """The comment without what differs from one day and one commit to the next."""
    return re.sub(r"next \([A-Z]+\): .*", "next …", re.sub(r"\b[0-9a-f]{12}\b(?! ?:)", "COMMIT", text))


def test_the_comment_on_the_page_is_the_one_that_is_printed(tmp_path: Path) -> None:
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, tmp_path)
    text = (tmp_path / "cdk.json").read_text(encoding="utf-8")
    (tmp_path / "cdk.json").write_text(text.replace(".venv/bin/python", sys.executable), encoding="utf-8")
    shutil.copytree(ROOT / "batches", tmp_path / "batches", ignore=shutil.ignore_patterns("__pycache__"))
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=one")
    git(tmp_path, "apply", str(SAMPLES / "pull-request.patch"))

    words = ("diff", "--base", "HEAD", "--markdown", "--fail-on", "permissions,secrets")
    done = call(tmp_path, *words, env=environment(), seconds=300)

    assert done.code == 1, done.err
    assert re.search(r"--fail-on permissions \(\d+ changes\), secrets \(1 change\)", done.err)
    if os.environ.get("BATCHWRIGHT_UPDATE_SAMPLES"):
        COMMENT.write_bytes(done.out)
    assert always(done.text) == always(COMMENT.read_text(encoding="utf-8"))
