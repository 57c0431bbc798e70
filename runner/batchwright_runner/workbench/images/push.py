"""``batchwright image push``: builds an image, and pushes it under the tag of its commit."""

import base64
import json

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.images.registry import Image, Registry
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.workbench.images.build_commands import Build, EngineCommands


def push(
    registry: Registry, commands: EngineCommands, build: Build, image: str, tag: str, tell: Tell, *, if_missing: bool
) -> tuple[Image, bool]:
    """Builds and pushes. A tag that is there with the same image is success, with another an error.

    Returns what lies in the registry afterwards, and whether it was there before.
    """
    before = registry.get(image, tag)
    if before is not None and if_missing:
        return before, True
    if commands.show(build.build_command) != 0:
        raise RunnerError(f"{image} was not pushed: building it failed: see {build.engine}'s output above")
    built = build.built_id()
    if before is not None:
        return _compared(before, built, tag)
    _log_in(registry, commands, build)
    tell.note(f"pushing {build.reference}")
    failed = commands.show(build.push_command) != 0
    pushed = registry.get(image, tag)
    if pushed is not None:
        return _compared(pushed, built, tag, already=failed)
    if failed:
        raise RunnerError(f"{image} was not pushed: see {build.engine}'s output above", again="safe")
    raise RunnerError(f"{image} was pushed, and {registry.uri(image)} has no tag {tag}", again="safe")


def same_image(image: Image, built: str) -> bool:
    """Whether an image of this machine is the registry's. Pure.

    An engine's id is the digest of the image's configuration; an old builder's may be that of its manifest. The same
    layers packed in another way are the same image.
    """
    config = json.loads(image.manifest).get("config", {}).get("digest", "")
    digest = built if built.startswith("sha256:") else f"sha256:{built}"
    return digest in (image.digest, config)


def _compared(image: Image, built: str, tag: str, *, already: bool = True) -> tuple[Image, bool]:
    if not already or same_image(image, built):
        return image, already
    raise RunnerError(
        f"{image.name} was not pushed: {tag} exists already, with another image ({image.digest})",
        hint="A tag stands for one image. --if-missing takes the one that exists; or commit again and push that",
    )


def _log_in(registry: Registry, commands: EngineCommands, build: Build) -> None:
    _, _, password = base64.b64decode(registry.login_token()).partition(b":")
    if commands.show([build.engine, "login", "--username", "AWS", "--password-stdin", registry.host], password) != 0:
        raise RunnerError(f"{registry.host} refused the login: see {build.engine}'s output above")
