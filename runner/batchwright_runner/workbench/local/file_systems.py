"""The file systems that a batch mounts on AWS, in a run on this machine: empty volumes, which go with the run."""

import io
import tarfile
from collections.abc import Iterable

from batchwright_runner.workbench.project.batches import DeclaredBatch


def file_systems(batch: DeclaredBatch) -> list[str]:
    """The task's volumes that are file systems of elsewhere, by their names in the task. Pure."""
    volumes = batch.task.get("volumes")
    found = [volume for volume in volumes if isinstance(volume, dict)] if isinstance(volumes, list) else []
    return [str(volume.get("name")) for volume in found if volume.get("efsVolumeConfiguration")]


def places(batch: DeclaredBatch, names: Iterable[str]) -> list[str]:
    """Where the main container mounts these volumes."""
    mounts = batch.main.get("mountPoints") or ()
    wanted = set(names)
    return [str(mount["containerPath"]) for mount in mounts if mount.get("sourceVolume") in wanted]


def folder_for_everyone(name: str) -> bytes:
    """A tar file of an empty folder that every user may write into, as the user of an access point may. Pure."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        tar.addfile(entry)
    return target.getvalue()[: tar.offset]  # as in `config_files.archives`
