"""A root file system with this machine's Python, the runner, and of the standard library what is asked for.

Tests pull no image. What a program imports, with the shared libraries below it, makes one of 40 MB in a second.
"""

import io
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import batchwright_runner

LIBRARIES = "/opt/lib"
"""Where what does not come with Python lies."""
CHANGES = (f"ENV PYTHONPATH={LIBRARIES}", "ENV PYTHONUNBUFFERED=1", "ENV PATH=/bin")
RUNNER = (*CHANGES, 'ENTRYPOINT ["python", "-m", "batchwright_runner"]', "USER 10001")
"""What the image says of itself, alone and as the runner's: as runner/Dockerfile does."""
LOADED = """
import json, sys
import {modules}
files = [getattr(one, "__file__", None) for one in list(sys.modules.values())]
print(json.dumps({{"executable": sys._base_executable, "paths": sys.path, "files": [one for one in files if one]}}))
"""


def python_rootfs(*modules: str, source: Path | None = None) -> bytes:
    """The file system as a tar.

    Args:
        modules: What can be imported there, beside the runner's command.
        source: A folder that is ``/app`` there; none for no such folder.
    """
    wanted = ("runpy", "batchwright_runner.cli", "batchwright_runner.commands.render_files", *modules)
    program = LOADED.format(modules=", ".join(wanted))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    executable = Path(found["executable"]).resolve()
    files = {Path(file) for file in found["files"]} | {Path(batchwright_runner.__path__[0], "__main__.py")}
    placed = {str(executable): executable, **dict(_placed(files, [Path(path) for path in found["paths"] if path]))}
    if source is not None:
        placed |= {f"/app/{file.relative_to(source)}": file for file in source.rglob("*") if file.is_file()}
    for library in _shared([executable, *(file for file in files if file.suffix == ".so")]):
        placed[str(library)] = library
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folders = {str(executable.parents[1] / "lib" / version / "lib-dynload")}
    return _tar(placed, {"/bin/python": str(executable)}, folders)


def _placed(files: Iterable[Path], paths: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Python's own files stay where they are, so that it finds itself; the others go to `LIBRARIES`."""
    base = Path(sys.base_prefix)
    others = [path for path in paths if not path.is_relative_to(base) or path.name == "site-packages"]
    for file in files:
        home = next((folder for folder in others if file.is_relative_to(folder)), None)
        yield (f"{LIBRARIES}/{file.relative_to(home)}" if home is not None else str(file)), file


def _shared(programs: Iterable[Path]) -> Iterator[Path]:
    done = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=True)
    for found in set(re.findall(r"(?:=> |^\s+)(/\S+) \(0x", done.stdout, re.MULTILINE)):
        yield Path(found)


def _tar(files: dict[str, Path], links: dict[str, str], folders: set[str]) -> bytes:
    held = io.BytesIO()
    parents = {str(parent) for name in (*files, *links, *folders) for parent in Path(name).parents} - {"/"}
    with tarfile.open(fileobj=held, mode="w") as tar:
        for name in sorted(parents | folders):
            _add(tar, name, kind=tarfile.DIRTYPE)
        for name, file in sorted(files.items()):
            _add(tar, name, file.read_bytes())
        for name, target in links.items():
            _add(tar, name, kind=tarfile.SYMTYPE, target=target)
    return held.getvalue()


def _add(
    tar: tarfile.TarFile, name: str, content: bytes = b"", *, kind: bytes = tarfile.REGTYPE, target: str = ""
) -> None:
    entry = tarfile.TarInfo(name.lstrip("/"))
    entry.size, entry.mode, entry.type, entry.linkname = len(content), 0o755, kind, target
    tar.addfile(entry, io.BytesIO(content))
