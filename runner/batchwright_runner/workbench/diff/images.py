"""The changes of the images that a batch runs, and those that have to be released for it. Pure."""

import shlex
from dataclasses import asdict

from batchwright_runner.workbench.diff.batch import BatchPair
from batchwright_runner.workbench.diff.change import ChangeList, Topic, When
from batchwright_runner.workbench.diff.wording import became, shown


def image_changes(pair: BatchPair, changes: ChangeList) -> None:
    """Adds which images a batch runs from now on."""
    old, new = pair.before, pair.after
    before, after = old.manifest.image, new.manifest.image
    if before.name != after.name and after.name:
        text = f"image {before.name or shown(old.main.get('image'))} → {after.name}: {_until(after.name)}"
        changes.add(Topic.RUN, text, When.RUN, commands=[_release(pair, after.name)])
    elif old.main.get("image") != new.main.get("image"):
        changes.add(Topic.RUN, f"image: {became(old.main.get('image'), new.main.get('image'))}")
    elif before != after:
        changes.add(Topic.RUN, f"image: {became(asdict(before), asdict(after))}")
    _files_image(pair, changes)


def new_images(pair: BatchPair, changes: ChangeList) -> None:
    """Adds which images a batch needs that is new altogether."""
    manifest = pair.after.manifest
    for name in dict.fromkeys(image for image in (manifest.image.name, manifest.files_image) if image):
        whose = "" if name == manifest.image.name else ", which renders its config files,"
        text = f"a run ends with 126 until the image {name}{whose} has been released to the stage"
        changes.add(Topic.RUN, text, When.DEPLOY, commands=[_release(pair, name)])


def _files_image(pair: BatchPair, changes: ChangeList) -> None:
    before, after = (side.manifest.files_image for side in (pair.before, pair.after))
    if before == after:
        return
    text = f"image that renders its config files: {became(before, after)}"
    if after in ("", pair.after.manifest.image.name):
        changes.add(Topic.RUN, text)
    else:
        changes.add(Topic.RUN, f"{text}: {_until(after)}", When.RUN, commands=[_release(pair, after)])


def _until(name: str) -> str:
    return f"a run ends with 126 until {name} has been released to the stage"


def _release(pair: BatchPair, name: str) -> str:
    return f"batchwright release {shlex.quote(name)} -s {pair.stage}"
