"""Installs packages into an environment with uv, which it makes if there is none.

    .venv/bin/python requirements/install.py 'what a run needs' .venv --require-hashes -r requirements/run.txt

uv gets what follows the environment. It runs with the Python of `.venv`, into which `make` has installed uv. uv needs
a fifth of pip's time, but does not read pip's settings: those that say where packages come from are passed on.
"""

import ast
import os
import re
import ssl
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

UV = Path(sys.executable).with_name("uv")
UNFINISHED = ".installing"
"""A file that is in an environment while something is installed into it: an interrupted call leaves it behind."""
LOG = "install.log"
"""A file of the environment: what a call that failed has printed."""

# pip's setting, uv's variable, and what uv wants between several values.
SETTINGS = [
    ("index-url", "UV_DEFAULT_INDEX", ""),
    ("extra-index-url", "UV_INDEX", " "),
    ("no-index", "UV_NO_INDEX", ""),
    ("find-links", "UV_FIND_LINKS", ","),
    ("trusted-host", "UV_INSECURE_HOST", " "),
    ("cert", "SSL_CERT_FILE", ""),
    ("client-cert", "SSL_CLIENT_CERT", ""),
    ("proxy", "ALL_PROXY", ""),
    ("default-timeout", "UV_HTTP_TIMEOUT", ""),
    ("timeout", "UV_HTTP_TIMEOUT", ""),
]
TERMINAL_EVERY = 1.0
ELSEWHERE_EVERY = 10.0


def main(arguments: Sequence[str]) -> int:
    """Installs, says that it goes on, and returns the exit code."""
    what, environment, *wanted = arguments
    python = Path(environment, "bin/python")
    if not python.exists():
        venv.create(environment)
    unfinished = Path(environment, UNFINISHED)
    # What an interrupted call has left may look installed without being whole.
    again = ["--reinstall"] if unfinished.exists() else []
    unfinished.touch()
    command: list[str | Path] = [UV, "pip", "install", "--quiet", "--python", python, *again, *wanted]
    variables = {**os.environ, **uv_variables(pip_settings(), os.environ)}
    code, printed = run(f"installing {what} into {environment}", command, variables)
    if code == 0:
        unfinished.unlink()
        return 0
    log = Path(environment, LOG)
    log.write_text(printed, encoding="utf-8")
    where = "uv looks in the index that PIP_INDEX_URL names, and in the folders of wheels in PIP_FIND_LINKS"
    say(f"{what} cannot be installed: {why(printed)}. {where}. All that it printed: {log}")
    return code


def why(printed: str) -> str:
    """What went wrong, of all that uv printed."""
    if missing := re.search(r"Because (\S+) was not found", printed):
        return f"there is no {missing[1]} where it looks"
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    errors = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("error:")]
    return [*lines, *errors][-1].rstrip(".") if lines else "it printed no reason"


def pip_settings() -> dict[str, str]:
    """The settings of pip for an installation: of its files, and of its variables, which count for more."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    return read_settings(listed)


def read_settings(listed: str) -> dict[str, str]:
    """Reads what ``pip config list`` prints, ``section.name='value'`` in each line."""
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.partition(".")
        if section in found:
            found[section][name] = str(ast.literal_eval(value))
    return found["global"] | found["install"] | found[":env:"]


def uv_variables(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The variables by which uv finds packages where pip does. Those that are set stay as they are."""
    variables = {"UV_PYTHON_DOWNLOADS": "never", "UV_INDEX_STRATEGY": "unsafe-best-match"}  # pip looks into each index
    if any(Path(place or "").exists() for place in ssl.get_default_verify_paths()[:2]):
        variables["UV_SYSTEM_CERTS"] = "true"
    for name, variable, between in SETTINGS:
        if value := settings.get(name, ""):
            variables[variable] = between.join(value.split()) if between else value
    if links := variables.get("UV_FIND_LINKS"):
        there = [link for link in links.split(",") if "://" in link or Path(link).exists()]
        variables["UV_FIND_LINKS"] = ",".join(there)
    return {name: value for name, value in variables.items() if name not in environment}


def run(text: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> tuple[int, str]:
    """Runs a command, and shows what it does and for how long; its exit code, and all that it said."""
    terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    say(text)
    seconds = 0.0
    every = TERMINAL_EVERY if terminal else ELSEWHERE_EVERY
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL, env=environment)
        while True:
            try:
                code = process.wait(every)
                break
            except subprocess.TimeoutExpired:
                seconds += every
                say(f"{text}, {seconds:.0f} s so far", over=terminal)
        said.seek(0)
        return code, said.read().decode(errors="replace")


def say(text: str, *, over: bool = False) -> None:
    """Prints a line on stderr, over the one before it if wanted."""
    print(f"\033[A\r\033[Kmake: {text}" if over else f"make: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
