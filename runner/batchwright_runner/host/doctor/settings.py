"""Each setting: its value, who says so, and what that overrides. Pure."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from batchwright_runner.host.aws.config import KEYS, Sources
from batchwright_runner.host.finding import Finding, Status
from batchwright_runner.host.images.settings import registry_of
from batchwright_runner.host.settings.project import NO_ACCOUNT
from batchwright_runner.host.settings.setting import Setting, SettingSource

Shown = Callable[[str], str]
_setting = partial(Finding, about="settings")


def settings_found(
    sources: Sources, stages: Sequence[str], other_tomls: Sequence[Path], shown: Shown
) -> Iterator[Finding]:
    """Project, stages and registry, as they hold here."""
    yield from _files(sources, other_tomls, shown)
    project = sources.project()
    yield _setting(name="project", status=Status.OK, what=_in_words([project], shown), settings=[project])
    for stage in stages:
        yield _stage(sources, stage, shown)
    yield _registry(sources, project.value, shown)


def _files(sources: Sources, others: Sequence[Path], shown: Shown) -> Iterator[Finding]:
    read = [str(path) for path in (sources.toml.path, sources.cdk_json and sources.cdk_json.path) if path]
    text = " and ".join(map(shown, read)) or "no batchwright.toml and no cdk.json was found from here"
    if others:
        text += f"; not read: {', '.join(map(str, others))}"
    remedy = "" if read else "Change into a project's folder, make one with batchwright init, or write batchwright.toml"
    yield _setting(name="files", status=Status.OK if read else Status.WARN, what=text, advice=remedy)


def _stage(sources: Sources, stage: str, shown: Shown) -> Finding:
    place = sources.place(stage)
    settings = [*place, *(setting for setting in sources.way_in(f"stages.{stage}") if setting.value)]
    account, region = place
    missing = [setting.name for setting in (account, region) if not setting.value]
    status, what, advice = Status.OK, _in_words(settings, shown), ""
    if account.value == NO_ACCOUNT:
        status, what = Status.FAIL, f"the account {NO_ACCOUNT} is nobody's"
        advice = f"Write the real one into {shown(account.source)}"
    elif missing:
        status = Status.WARN if region.value else Status.FAIL
        what = "; ".join(part for part in (f"nothing says its {' and '.join(missing)}", what) if part)
        advice = f"Write {' and '.join(missing)} into cdk.json, or into [stages.{stage}] of batchwright.toml"
    return _setting(name=f"stage {stage}", status=status, what=what, advice=advice, settings=settings)


def _registry(sources: Sources, project: str, shown: Shown) -> Finding:
    place = registry_of(sources, project)
    settings = [*place, *(setting for setting in sources.way_in("registry") if setting.value)]
    status, what, advice = Status.OK, _in_words(settings, shown), ""
    if not all(setting.value for setting in place):
        status = Status.WARN
        what = "nothing says where it is; release finds it by the image of a deployed batch, image push needs it"
        advice = 'Write "registry" into the context of cdk.json, or [registry] into batchwright.toml'
    return _setting(name="registry", status=status, what=what, advice=advice, settings=settings)


def _in_words(settings: Sequence[Setting], shown: Shown) -> str:
    """Values with their sources; a source that several share is named once."""
    parts = []
    for index, setting in enumerate(settings):
        if not setting.value:
            continue
        last = index + 1 == len(settings) or settings[index + 1].source != setting.source or setting.overridden
        source = f" ({shown(setting.source)}{_instead(setting.overridden, shown)})" if last else ""
        parts.append(f"{_label(setting)}{setting.value}{source}")
    return ", ".join(parts)


def _label(setting: Setting) -> str:
    return "" if setting.name == "project" or setting.value == KEYS else f"{setting.name.replace('role_arn', 'role')} "


def _instead(overridden: Sequence[SettingSource], shown: Shown) -> str:
    others = [f"{source.value} of {shown(source.source)}" for source in overridden if source.source != "default"]
    return f"; not {', '.join(others)}" if others else ""
