"""The config files of a batch on this machine, where the runner does the work of the container ``files`` itself."""

import io
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.files_plan import VARIABLE, FilesError, FilesPlan, RenderedFile
from batchwright_runner.contract.names import FILES_CONTAINER
from batchwright_runner.errors import RunnerError


def files_of(batch: BatchFile) -> FilesPlan | None:
    """The config files that a batch declares; none without any."""
    for container in batch.containers:
        variables = {variable["name"]: variable.get("value") for variable in container.get("environment", ())}
        if container.get("name") == FILES_CONTAINER and VARIABLE in variables:
            try:
                return FilesPlan.from_json(str(variables[VARIABLE]))
            except FilesError as error:
                raise RunnerError(
                    f"{batch.manifest.batch} cannot run here: {error}",
                    hint="Update the runner to the version of the construct library",
                ) from error
    return None


def archives(files: Sequence[RenderedFile]) -> dict[str, bytes]:
    """Volume to a tar file of the files in it, as the container ``files`` would write them. Pure."""
    tars: dict[str, bytes] = {}
    for volume in sorted({file.volume for file in files}):
        inside = [file for file in files if file.volume == volume]
        folders = {str(parent) for file in inside for parent in PurePosixPath(file.inside).parents} - {"."}
        entries = [folder_entry(name, 0o755) for name in sorted(folders)]
        for file in inside:
            entry = tarfile.TarInfo(file.inside)
            entry.size, entry.mode, (entry.uid, entry.gid) = len(file.content), file.mode, file.owner
            entries.append((entry, file.content))
        tars[volume] = tar_of(entries)
    return tars


def folder_entry(name: str, mode: int) -> tuple[tarfile.TarInfo, bytes]:
    """An entry of a tar file, for `tar_of`: a folder of root's."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    return entry, b""


def tar_of(entries: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """A tar file as an engine takes it.

    Without the zeros that Python fills up with: Podman stops reading at the mark of the end, and then may fail to pass
    them on to itself (github.com/containers/buildah/issues/6573).
    """
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for entry, content in entries:
            tar.addfile(entry, io.BytesIO(content))
    return target.getvalue()[: tar.offset]
