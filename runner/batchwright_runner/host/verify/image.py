"""The images: whether they are there, are the released ones, and fit the batch's CPU."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.stop_reasons import REVERT
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.aws.config import Target
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.images.cpu import Fetch, architectures, fetch
from batchwright_runner.host.images.registry import Image, Registry
from batchwright_runner.host.verify.look import UnseenError
from batchwright_runner.host.verify.subject import Pulled, Subject, as_a_run, main_image, other_images

LARGE = 1_000_000_000
"""Bytes, compressed, from which the pull is most of a short run: about half a minute on Fargate."""
OLD = 90 * 86400
"""Seconds after which an image lacks a quarter's security fixes."""
LATEST = "latest"
"""The tag of an image that is named without one."""

NOT_THERE = as_a_run("CannotPullContainerError: not found")
NOT_RELEASED = "It is none of the images that batchwright releases: whatever makes it has to push it"
NO_REPOSITORY = f"The registry's stack makes it: deploy that ({REVERT}, if someone deleted it); else whatever keeps it"
OTHER_CPU = as_a_run("CannotPullContainerError: no matching platform")


def check_image(subject: Subject, get: Fetch = fetch) -> Iterator[Finding]:
    """Whether each image of its task is there, for the batch's CPU, and is the one that was released."""
    main = main_image(subject.manifest)
    if main is not None:
        yield from _seen(subject, main, get)
    for image in other_images(subject.manifest, subject.definition):
        yield from _seen(subject, image, get)


def _seen(subject: Subject, pulled: Pulled, get: Fetch) -> Iterator[Finding]:
    """What is found of one image; that it could not be looked at says nothing of the others."""
    try:
        yield from _image(subject, pulled, get)
    except UnseenError as error:
        finding = subject.unknown(f"{_of(pulled)}{pulled.repository} is not visible to this caller")
        yield subject.lacking(finding, error.permission, "" if pulled.image.name else pulled.image.repository)
    except (ApiError, RunnerError) as error:
        yield subject.unknown(f"{_of(pulled)}{pulled.image.uri} could not be looked at: {error}")


def _of(pulled: Pulled) -> str:
    """How a finding about it begins: with its container, where that is not the main one."""
    return f"{pulled.container}: " if pulled.container else ""


def _image(subject: Subject, pulled: Pulled, get: Fetch) -> Iterator[Finding]:
    place = pulled.place
    if place is None:
        yield subject.warn(f"{_of(pulled)}{pulled.image.uri} is not in ECR, and was not looked at")
        return
    account, region = place
    look = subject.look if region == subject.manifest.region else subject.look.at(region)
    target = Target(project=subject.manifest.project, account=account, region=region)
    called = pulled.image.name or pulled.repository
    registry = Registry(target, look, look.waiter, {called: pulled.repository})
    try:
        image = registry.get(called, pulled.image.tag or LATEST)
    except UsageError:
        yield subject.fail(f"{_of(pulled)}there is no repository {pulled.image.repository}", NO_REPOSITORY)
        return
    if image is None:
        what = f"{_of(pulled)}{pulled.repository} has no image {pulled.image.tag or LATEST}"
        if pulled.image.name:
            release = f"batchwright release {pulled.image.name} -s {subject.manifest.stage}"
            yield subject.fail(f"{what}: {release}, once it is pushed", NOT_THERE)
        else:
            yield subject.fail(f"{what}: push it", NOT_RELEASED)
        return
    yield from _about(subject, pulled, registry, image, get)


def _about(subject: Subject, pulled: Pulled, registry: Registry, image: Image, get: Fetch) -> Iterator[Finding]:
    manifest, tag, digest = subject.manifest, pulled.image.tag, image.digest[:19]
    cpus = architectures(registry, image, get)
    if cpus and manifest.architecture not in cpus:
        built = f"{_of(pulled)}{image.name} {digest} is for {', '.join(sorted(cpus))}"
        yield subject.fail(f"{built}, and the batch is declared for {manifest.architecture}", OTHER_CPU)
        return
    released = _released(subject, pulled.image.name)
    if released and released != image.digest:
        what = f"{tag} is {digest}, and {released[:19]} was released: something else has moved the tag"
        again = f"batchwright release {pulled.image.name} --tag … -s {manifest.stage}"
        yield subject.warn(f"{_of(pulled)}{what}", again)
    details = registry.describe(image.name, image.digest)
    facts: Mapping[str, Any] = details[0] if details else {}
    size = int(facts.get("imageSizeInBytes", 0))
    age = _age(facts, subject)
    if size > LARGE:
        what = f"{_of(pulled)}{digest} has {size / 1e9:.1f} GB: pulling it may take longer than the batch"
        yield subject.warn(what)
    if age > OLD:
        what = f"{_of(pulled)}{digest} was pushed {age // 86400:.0f} days ago"
        yield subject.warn(what, "Build it again, for its base's fixes")
    named = f"{image.name} {digest}" if tag == image.digest else f"{tag or LATEST} is {digest}"
    yield subject.ok(f"{_of(pulled)}{named}" + (f", {size / 1e6:.1f} MB" if size else ""))


def _age(facts: Mapping[str, Any], subject: Subject) -> float:
    pushed = facts.get("imagePushedAt")
    return 0.0 if pushed is None else max(0.0, subject.at - float(pushed.timestamp()))


def _released(subject: Subject, image: str) -> str:
    """The digest that the stage's record of an image says; empty where there is none: what has no name has none."""
    if not image:
        return ""
    path = StageNames.of(subject.manifest).release(image)
    try:
        answer = subject.look.find("ParameterNotFound", "ssm", "get_parameter", Name=path)
        return str(json.loads(answer["Parameter"]["Value"])["digest"]) if answer else ""
    except (ValueError, KeyError, TypeError) as error:
        raise RunnerError(f"the release record {path} cannot be read") from error
