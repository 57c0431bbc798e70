"""`.ci/bare`: when it is called, and what it says where a bare machine cannot be made. .ci/run shows that it passes."""

import subprocess
from pathlib import Path

import pytest

from tests.ci.linters import ROOT

TOOLS = ["bash", "dirname", "env", "sh"]


@pytest.mark.parametrize("script", ["run", "bare", "wheel", "packages", "play", "seeded", "twice"])
def test_bash_can_read_the_script(script: str) -> None:
    done = subprocess.run(["bash", "-n", ROOT / ".ci" / script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_bare_machine_comes_before_anything_is_installed() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()

    (called,) = [number for number, line in enumerate(lines) if line.strip() == ".ci/bare"]
    others = [
        number for number, line in enumerate(lines) if line.lstrip().startswith(("apt-get", "make ", "start_docker"))
    ]
    assert called < min(number for number in others if "()" not in lines[number])


def path_with(folder: Path, user: int, *more: str) -> str:
    """A PATH with few programs, among which ``id`` tells of a user."""
    folder.joinpath("id").write_text(f"#!/bin/sh\necho {user}\n", encoding="utf-8")
    for name in more:
        folder.joinpath(name).write_text('#!/bin/sh\necho "E: none of it" >&2\nexit 100\n', encoding="utf-8")
    for tool in TOOLS:
        path = next(path for path in (Path("/bin", tool), Path("/usr/bin", tool)) if path.exists())
        folder.joinpath(tool).symlink_to(path)
    for name in ("id", *more):
        folder.joinpath(name).chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)], ids=["here", "in CI"])
@pytest.mark.parametrize(
    ("user", "programs", "why"),
    [
        (1000, ["apt-get"], "it needs root"),
        (0, [], "only apt-get is known here"),
        (0, ["apt-get"], "mmdebstrap git could not be installed, as apt-get says above"),
    ],
    ids=["no root", "no apt-get", "no packages"],
)
def test_where_it_cannot_be_tried_it_says_so_and_fails_in_ci(
    tmp_path: Path, user: int, programs: list[str], why: str, ci: str, code: int
) -> None:
    variables = {"PATH": path_with(tmp_path, user, *programs), "HOME": str(tmp_path), "CI": ci}

    done = subprocess.run([ROOT / ".ci" / "bare"], env=variables, capture_output=True, text=True, check=False)

    assert done.returncode == code, done.stderr
    assert "bare: NOT TRIED: make demo and make test on a bare machine: " in done.stderr
    assert why in done.stderr


def test_what_pip_is_told_of_mirrors_is_passed_on_and_nothing_else(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text(
        "[global]\nindex-url = https://one.invalid/simple\nfind-links = /opt/wheels\n# timeout = 1\n"
        "extra-index-url =\n    https://a.invalid/simple\n    https://b.invalid/simple\nconstraint = /c\n"
    )
    second.write_text("[install]\nindex-url: https://two.invalid/simple\n")
    script = (ROOT / ".ci" / "bare").read_text(encoding="utf-8")
    function = script[script.index("pip_settings() {") : script.index("certificates_of() {")]

    done = subprocess.run(
        ["bash", "-c", f'{function}\npip_settings "$@"', "bare", first, second],
        capture_output=True,
        text=True,
        check=True,
    )

    head, *settings = done.stdout.splitlines()
    assert head == "[global]"
    assert sorted(settings) == sorted(
        [
            "index-url: https://two.invalid/simple",
            "extra-index-url =",
            "    https://a.invalid/simple",
            "    https://b.invalid/simple",
        ]
    )
