"""`requirements/install.py`: how uv is started, and with which of pip's settings."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from requirements.install import read_settings, uv_variables

ROOT = Path(__file__).parents[1]
FAKE = """\
#!/bin/sh
[ "$*" = '-m pip config list' ] && exit
echo "$(basename "$0") $*" >> "{log}"
{then}
"""


@dataclass(frozen=True)
class Venv:
    """An environment whose Python and uv write down what they are told."""

    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def unfinished(self) -> Path:
        return self.folder / ".installing"

    def fake(self, name: str, then: str = "") -> None:
        path = self.folder / "bin" / name
        path.write_text(FAKE.format(log=self.log, then=then), encoding="utf-8")
        path.chmod(0o755)

    def install(self, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        self.log.write_text("", encoding="utf-8")
        program = (
            f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.executable = {str(self.folder / 'bin/python')!r}; "
            f"from requirements import install; install.ELSEWHERE_EVERY = 0.2; "
            f"sys.exit(install.main(['what is needed', {str(folder or self.folder)!r}, '-r', 'pins.txt']))"
        )
        return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)

    def told(self) -> list[list[str]]:
        return [line.split() for line in self.log.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def venv(tmp_path: Path) -> Venv:
    made = Venv(tmp_path)
    (tmp_path / "bin").mkdir()
    made.fake("python")
    made.fake("uv")
    return made


def test_uv_installs(venv: Venv) -> None:
    done = venv.install()

    (told,) = venv.told()
    assert (done.returncode, told[:3], told[-2:]) == (0, ["uv", "pip", "install"], ["-r", "pins.txt"])
    assert str(venv.folder / "bin/python") in told


def test_an_environment_that_does_not_exist_is_made(venv: Venv) -> None:
    other = venv.folder / "other"

    done = venv.install(other)

    assert done.returncode == 0
    assert (other / "bin/python").exists()
    assert not list(other.glob("lib/*/site-packages/pip"))


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        (
            "  x No solution found when resolving dependencies:\n  Because uv==1.2 was not found in the registry",
            "there is no uv==1.2 where it looks",
        ),
        ("warning: retrying\nerror: Hashes are required.", "Hashes are required"),
        ("error: Failed to build x\n  hint", "Failed to build x"),
        ("Killed", "Killed"),
        ("", "it printed no reason"),
    ],
)
def test_a_failure_is_a_line_that_says_why_and_where_uv_looks(venv: Venv, printed: str, why: str) -> None:
    venv.fake("uv", f"printf '%s' '{printed}'; exit 7")

    done = venv.install()

    _, last = done.stderr.splitlines()
    assert last.startswith(
        f"make: what is needed cannot be installed: {why}. uv looks in the index that PIP_INDEX_URL "
    )
    assert (venv.folder / "install.log").read_text(encoding="utf-8") == printed
    assert done.returncode == 7
    assert venv.unfinished.exists()


def test_what_an_interrupted_call_has_left_is_installed_again(venv: Venv) -> None:
    venv.install()
    (whole,) = venv.told()
    venv.unfinished.touch()

    venv.install()

    (again,) = venv.told()
    assert "--reinstall" not in whole
    assert "--reinstall" in again
    assert not venv.unfinished.exists()


def test_it_is_shown_that_it_goes_on(venv: Venv) -> None:
    venv.fake("uv", "sleep 1")

    done = venv.install()

    first, second, *_ = done.stderr.splitlines()
    assert first == f"make: installing what is needed into {venv.folder}"
    assert second.startswith(f"{first}, ")
    assert second.endswith(" s so far")


def test_settings_of_a_command_count_for_more_than_all_commands_and_variables_for_more_than_both() -> None:
    listed = """\
:env:.index-url='https://variable.invalid/simple'
global.index-url='https://file.invalid/simple'
global.timeout='60'
install.timeout='90'
freeze.timeout='10'
global.proxy='http://proxy.invalid:3128/?a=b'
"""

    assert read_settings(listed) == {
        "index-url": "https://variable.invalid/simple",
        "timeout": "90",
        "proxy": "http://proxy.invalid:3128/?a=b",
    }


def test_pips_mirror_is_uvs(tmp_path: Path) -> None:
    settings = {
        "index-url": "https://mirror.invalid/simple",
        "extra-index-url": "\nhttps://one.invalid/simple\nhttps://two.invalid/simple",
        "find-links": f"{tmp_path} /no/such/folder https://links.invalid/",
        "trusted-host": "mirror.invalid",
        "cert": "/etc/ours.pem",
        "constraint": "constraints.txt",
    }

    found = uv_variables(settings, {})

    assert {name: value for name, value in found.items() if "invalid" in value or value == "/etc/ours.pem"} == {
        "UV_DEFAULT_INDEX": "https://mirror.invalid/simple",
        "UV_INDEX": "https://one.invalid/simple https://two.invalid/simple",
        "UV_FIND_LINKS": f"{tmp_path},https://links.invalid/",
        "UV_INSECURE_HOST": "mirror.invalid",
        "SSL_CERT_FILE": "/etc/ours.pem",
    }


def test_what_uv_is_told_by_its_own_variables_counts_for_more() -> None:
    settings = {"index-url": "https://mirror.invalid/simple"}

    found = uv_variables(settings, {"UV_DEFAULT_INDEX": "https://other.invalid/simple"})

    assert "UV_DEFAULT_INDEX" not in found
