"""Config files of a batch: templates that a container of the runner's image renders before the main one starts."""

import posixpath
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from batchwright.errors import DeclarationError, unknown, wrong
from batchwright.task.container import Container
from batchwright.task.containers import Sidecar
from batchwright.task.limits import TASK_DEFINITION, size_of
from batchwright.task.volumes import paths_of
from batchwright.tokens import is_token
from batchwright_runner.contract import files_plan
from batchwright_runner.contract.batch_file import SOURCE
from batchwright_runner.contract.files_plan import FilesError, FilesPlan, FileTemplate
from batchwright_runner.contract.names import FILES_CONTAINER

SYSTEM = frozenset(
    [
        *("/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/mnt", "/opt", "/proc", "/root"),
        *("/run", "/sbin", "/srv", "/sys", "/usr", "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/libexec"),
        "/tmp",  # noqa: S108 - nothing is written there
        *("/usr/local", "/usr/local/bin", "/usr/local/lib", "/usr/sbin", "/usr/share", "/var", "/var/lib", "/var/run"),
    ]
)
"""Folders that an image needs whole: a file's folder is a volume, which hides what the image has there."""

_KERNEL = ("/dev/", "/proc/", "/sys/")
_NUMERIC = re.compile(r"(?P<user>\d+)(:(?P<group>\d+))?")

Files = Mapping[str, str | Path]


def plan_files(
    subject: str, files: Files, folder: Path | None, variables: Collection[str], container: Container
) -> FilesPlan:
    """Checks the files of a batch and gives each its place in a volume.

    `folder`: the folder that a relative `Path` begins in; ``None`` where there is none.
    """
    if files_plan.VARIABLE in variables:
        raise wrong(subject, "files", files_plan.VARIABLE, "batches without a variable of that name: files= needs it")
    for path in files:
        _check_path(subject, path, files, container)
    places = _places(files)
    templates = tuple(
        FileTemplate(path, *places[path], _text(subject, f"files[{path!r}]", files[path], folder))
        for path in sorted(files)
    )
    for template in templates:
        _check_template(subject, template, variables)
    _check_mounts(subject, {template.folder for template in templates}, container)
    return FilesPlan(templates, _owner(container.user))


def files_container(plan: FilesPlan, image: str, environment: Mapping[str, str], secrets: Iterable[str]) -> Sidecar:
    """The container that renders the files. It gets the variables that the templates name, and no others.

    It runs as root, since a volume on Fargate belongs to root and lets no one else write (Amazon ECS developer guide,
    "Use bind mounts with Amazon ECS", 2026-11), and its own root file system can only be read.
    """
    used = plan.variables
    return Sidecar(
        name=FILES_CONTAINER,
        image=image,
        command=[files_plan.VERB],
        environment={
            **{name: value for name, value in environment.items() if name in used},
            files_plan.VARIABLE: plan.to_json(),
        },
        secrets=[name for name in secrets if name in used],
        main_waits_for="SUCCESS",
        user="0",
        read_only_root=True,
        volumes={volume: f"{files_plan.ROOT}/{volume}" for volume in plan.folders},
    )


def check_names(subject: str, plan: FilesPlan, container: Container, sidecars: Sequence[Sidecar]) -> None:
    """Raises if the declaration uses a name that its files need."""
    if any(sidecar.name == FILES_CONTAINER for sidecar in sidecars):
        raise wrong(subject, "sidecars", FILES_CONTAINER, "any other name, as files= adds a container of that one")
    for name in (name for mounts in (container.volumes, *(sidecar.volumes for sidecar in sidecars)) for name in mounts):
        if name in plan.folders:
            raise wrong(subject, "volumes", name, f"other names, as files= adds {', '.join(plan.folders)}")


def check_task(subject: str, plan: FilesPlan, task: Mapping[str, Any]) -> None:
    """Raises if the templates make a task definition larger than ECS takes."""
    size = size_of(task)
    if size > TASK_DEFINITION:
        largest = sorted(plan.files, key=lambda file: len(file.text), reverse=True)[:3]
        sizes = ", ".join(f"{file.path} {len(file.text.encode()):,}" for file in largest)
        raise DeclarationError(
            subject,
            "files",
            f"the task definition has {size:,} bytes with the templates in it; allowed: {TASK_DEFINITION:,}; "
            f"largest templates: {sizes}",
        )


def _check_path(subject: str, path: str, files: Files, container: Container) -> None:
    if not path.startswith("/") or posixpath.normpath(path) != path or path.startswith("//"):
        raise wrong(subject, "files", path, "absolute paths of files, such as /app/config/database.yml")
    folder = posixpath.dirname(path)
    if folder in SYSTEM or folder.startswith(_KERNEL):
        raise DeclarationError(
            subject,
            "files",
            f"{path!r} was given; allowed: files in a folder of their own, as a volume takes the place of {folder} "
            "and hides what the image has there",
        )
    work = container.working_directory
    if work is not None and _within(posixpath.normpath(work), folder):
        raise DeclarationError(
            subject,
            "files",
            f"{path!r} was given with working_directory={work!r}; allowed: files in a folder below it, as a volume "
            f"takes the place of {folder} and hides what the image has there",
        )
    for file in files:
        if file != path and _within(file, path):
            raise DeclarationError(subject, "files", f"{path!r} was given, and {file!r} needs a folder of that name")


def _check_mounts(subject: str, folders: Collection[str], container: Container) -> None:
    taken = {"volumes": paths_of(container.volumes), "writable_paths": list(container.writable_paths)}
    for argument, paths in taken.items():
        for path in paths:
            for folder in folders:
                if _within(posixpath.normpath(path), folder) or _within(folder, posixpath.normpath(path)):
                    problem = f"{path!r} was given, and files= makes a volume of {folder}; allowed: paths apart from it"
                    raise DeclarationError(subject, argument, problem)


def _places(paths: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Path to volume and path inside: one volume for each folder that lies in no other file's folder."""
    folders = {posixpath.dirname(path) for path in paths}
    tops = sorted(
        folder for folder in folders if not any(above != folder and _within(folder, above) for above in folders)
    )
    volumes = {top: f"files-{number}" for number, top in enumerate(tops, start=1)}
    return {path: (volumes[top], posixpath.relpath(path, top)) for path in paths for top in tops if _within(path, top)}


def _within(path: str, folder: str) -> bool:
    return PurePosixPath(path).is_relative_to(folder)


def _text(subject: str, argument: str, template: str | Path, folder: Path | None) -> str:
    if isinstance(template, str):
        return template
    if not isinstance(template, Path):
        raise wrong(subject, argument, template, "a template, or the Path of a file that holds it")
    if folder is None:
        allowed = "a template's text, Path(…).read_text(), as the batch has no batch.py of its own"
        raise wrong(subject, argument, str(template), allowed)
    file = folder / template
    if template.is_absolute() or not file.resolve().is_relative_to(folder.resolve()):
        raise wrong(subject, argument, str(template), "the relative Path of a file in the folder of batch.py")
    if file.resolve().is_relative_to(folder.resolve() / SOURCE):
        raise DeclarationError(
            subject,
            argument,
            f"{str(template)!r} was given; allowed: a file beside batch.py, not in {SOURCE}/, which the image holds "
            "and whose changes need no synthesis",
        )
    try:
        return file.read_bytes().decode()
    except OSError as error:
        raise DeclarationError(subject, argument, f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DeclarationError(subject, argument, f"{file} is not UTF-8 text ({error.reason})") from error


def _check_template(subject: str, template: FileTemplate, variables: Collection[str]) -> None:
    argument = f"files[{template.path!r}]"
    if is_token(template.text):
        raise DeclarationError(
            subject,
            argument,
            "it holds a value that only a deployment knows; put that into environment= and write ${NAME}",
        )
    try:
        names = files_plan.variables_of(template.text)
    except FilesError as error:
        raise DeclarationError(subject, argument, str(error)) from error
    for name in names:
        if name not in variables:
            raise unknown(subject, argument, name, variables)


def _owner(user: str | None) -> tuple[int, int] | None:
    if user is None:
        return None
    match = _NUMERIC.fullmatch("0" if user == "root" else user)
    return (int(match["user"]), int(match["group"] or 0)) if match else None
