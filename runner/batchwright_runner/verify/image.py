"""The image: whether it is there, is the released one, and fits the batch's CPU."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from batchwright_runner.aws.config import Target
from batchwright_runner.aws.errors import ApiError
from batchwright_runner.contract.names import registry_place, release_path
from batchwright_runner.contract.stop_reasons import REVERT
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.images.cpu import Fetch, architectures, fetch
from batchwright_runner.images.registry import Image, Registry
from batchwright_runner.verify.finding import Finding
from batchwright_runner.verify.subject import Subject, as_a_run

IMAGE = "image"
LARGE = 1_000_000_000
"""Bytes, compressed, from which the pull is most of a short run: about half a minute on Fargate."""
OLD = 90 * 86400
"""Seconds after which an image lacks a quarter's security fixes."""

NOT_THERE = as_a_run("CannotPullContainerError: not found")
NO_REPOSITORY = f"The registry's stack makes it: deploy that ({REVERT}, if somebody deleted it); else whatever keeps it"
OTHER_CPU = as_a_run("CannotPullContainerError: no matching platform")


def check_image(subject: Subject, get: Fetch = fetch) -> Iterator[Finding]:
    """Whether the stage's tag points at an image for the batch's CPU, and at the one that was released."""
    wanted = subject.manifest.image
    host, _, name = wanted.repository.partition("/")
    place = registry_place(host)
    if place is None:
        runs = wanted.repository or "its image"
        yield subject.warn(IMAGE, f"{runs} is not in ECR, and was not looked at")
        return
    account, region = place
    look = subject.look if region == subject.manifest.region else subject.look.at(region)
    target = Target(project=subject.manifest.project, account=account, region=region)
    registry = Registry(target, look, look.waiter, {wanted.name: name})
    try:
        found = registry.get(wanted.name, wanted.tag)
    except UsageError:
        yield subject.fail(IMAGE, f"there is no repository {wanted.repository}", NO_REPOSITORY)
        return
    if found is None:
        what = f"{name} has no image {wanted.tag}: {_how(subject)}"
        yield subject.fail(IMAGE, what, NOT_THERE)
        return
    yield from _about(subject, registry, found, get)


def _how(subject: Subject) -> str:
    manifest = subject.manifest
    return f"batchwright release {manifest.image.name} -s {manifest.stage}, once it is pushed"


def _about(subject: Subject, registry: Registry, found: Image, get: Fetch) -> Iterator[Finding]:
    manifest, digest = subject.manifest, found.digest[:19]
    cpus = architectures(registry, found, get)
    if cpus and manifest.architecture not in cpus:
        built = f"{found.name} {digest} is for {', '.join(sorted(cpus))}"
        yield subject.fail(IMAGE, f"{built}, and the batch is declared for {manifest.architecture}", OTHER_CPU)
        return
    released = _released(subject)
    if released and released != found.digest:
        what = f"{manifest.image.tag} is {digest}, and {released[:19]} was released: something else has moved the tag"
        yield subject.warn(IMAGE, what, f"batchwright release {manifest.image.name} --tag … -s {manifest.stage}")
    details = registry.describe(found.name, found.digest)
    one: Mapping[str, Any] = details[0] if details else {}
    size = int(one.get("imageSizeInBytes", 0))
    age = _age(one, subject)
    if size > LARGE:
        yield subject.warn(IMAGE, f"{digest} has {size / 1e9:.1f} GB: pulling it may take longer than the batch")
    if age > OLD:
        yield subject.warn(
            IMAGE, f"{digest} was pushed {age // 86400:.0f} days ago", "Build it again, for its base's fixes"
        )
    yield subject.ok(IMAGE, f"{manifest.image.tag} is {digest}" + (f", {size / 1e6:.1f} MB" if size else ""))


def _age(one: Mapping[str, Any], subject: Subject) -> float:
    pushed = one.get("imagePushedAt")
    return 0.0 if pushed is None else max(0.0, subject.at - float(pushed.timestamp()))


def _released(subject: Subject) -> str:
    """The digest that the stage's record says; empty where there is no record, or none that may be read."""
    manifest = subject.manifest
    path = release_path(manifest.project, manifest.stage, manifest.image.name)
    try:
        text = subject.look.ask("ssm", "get_parameter", Name=path)["Parameter"]["Value"]
        return str(json.loads(text)["digest"])
    except ApiError as error:
        if error.code == "ParameterNotFound":
            return ""
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise RunnerError(f"the release record {path} cannot be read") from error
