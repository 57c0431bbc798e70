"""Where a stage is: the command line, this process's variables, batchwright.toml, and the project's cdk.json."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from batchwright_runner.errors import UsageError
from batchwright_runner.host.settings.batchwright_toml import Toml, read_toml
from batchwright_runner.host.settings.cdk_json import DEFAULT_PROJECT, CdkJson, find_cdk_json, no_such_stage
from batchwright_runner.host.settings.setting import Setting, SettingSource, first_said

KEYS = "keys"
"""What stands for a profile where this process's variables hold keys, which are used before a file's profile."""
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An account and a region that a project uses, and how to get in."""

    project: str
    # The account that credentials must belong to; empty where no file says it
    account: str = ""
    # The region; empty for the SDK's own
    region: str = ""
    # The profile; empty for the SDK's own credentials
    profile: str = ""
    # A role to assume; empty for none
    role_arn: str = ""
    # The file that says the account; empty where none does
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTarget(Target):
    """Where a stage is."""

    stage: str
    # What to tell a person of it; empty for nothing
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """What says where things are, in its order: variables win over batchwright.toml, and that over cdk.json.

    Account and region are the files' alone where these say them: they are facts of a stage and not of a shell.
    """

    # This process's variables
    environment: Mapping[str, str]
    toml: Toml
    cdk_json: CdkJson | None

    def project(self, given: str = "") -> Setting:
        """The project.

        `given`: the one on the command line; empty for none.
        """
        here = self.cdk_json
        return first_said(
            "project",
            SettingSource(given, "--project"),
            self._variable("BATCHWRIGHT_PROJECT"),
            self.said_in_toml("", "project"),
            SettingSource(here.project if here else "", str(here.path) if here else ""),
            SettingSource(DEFAULT_PROJECT, "default"),
        )

    def stages(self) -> Mapping[str, str]:
        """Each stage that the files have, and the file that says it."""
        here = self.of_project(self.project().value)
        found = dict.fromkeys(here.stages, str(here.path)) if here else {}
        return {**found, **dict.fromkeys(self.toml.table("stages"), self.toml.source)}

    def place(self, stage: str) -> Sequence[Setting]:
        """Account and region of a stage."""
        section, here = f"stages.{stage}", self.of_project(self.project().value)
        declared = here.place(stage) if here else {}
        return [
            first_said(
                key,
                self.said_in_toml(section, key),
                SettingSource(declared.get(key, ""), str(here.path) if here else ""),
                *(map(self._variable, REGION_VARIABLES) if key == "region" else ()),
            )
            for key in ("account", "region")
        ]

    def way_in(self, section: str) -> Sequence[Setting]:
        """Profile and role. Keys in this process's variables are used before any profile, as the SDK does by itself.

        `section`: the section of batchwright.toml: ``stages.staging``, ``registry``.
        """
        keys = SettingSource("", "")
        if self.environment.get("AWS_ACCESS_KEY_ID"):
            keys = SettingSource(KEYS, "AWS_ACCESS_KEY_ID")
        profile = first_said("profile", keys, self._variable("AWS_PROFILE"), self.said_in_toml(section, "profile"))
        return [profile, first_said("role_arn", self.said_in_toml(section, "role_arn"))]

    def of_project(self, project: str) -> CdkJson | None:
        """What cdk.json says; none where it is of another project."""
        return self.cdk_json if self.cdk_json and self.cdk_json.project == project else None

    def _variable(self, name: str) -> SettingSource:
        return SettingSource(self.environment.get(name, ""), name)

    def said_in_toml(self, section: str, key: str) -> SettingSource:
        """What a section of batchwright.toml says of a key."""
        table, _, name = section.partition(".")
        found = self.toml.table(table) if table else self.toml.settings
        return SettingSource(str((found.get(name, {}) if name else found).get(key, "")), self.toml.source)


def read_sources(*, folder: Path, environment: Mapping[str, str]) -> Sources:
    """Reads what says where things are."""
    return Sources(environment, read_toml(folder, environment), find_cdk_json(folder, environment))


def find_stage(stage: str | None, *, folder: Path, environment: Mapping[str, str]) -> StageTarget:
    """Finds the settings of a stage."""
    sources = read_sources(folder=folder, environment=environment)
    known = sources.stages()
    files = list(dict.fromkeys(known.values()))
    if not stage:
        has = f"; {' and '.join(files)} has {', '.join(known)}" if known else ""
        raise UsageError(
            "no stage given: there is no default, so that nothing touches production by accident",
            hint=f"Add -s STAGE{has}",
        )
    if known and stage not in known:
        raise no_such_stage(stage, known, files)
    (account, region), (profile, role) = sources.place(stage), sources.way_in(f"stages.{stage}")
    return StageTarget(
        project=sources.project().value,
        stage=stage,
        account=account.value,
        region=region.value,
        profile=profile_of(profile),
        role_arn=role.value,
        source=account.source,
        note=_differs(stage, region),
    )


def _differs(stage: str, region: Setting) -> str:
    """What to tell a person whose shell says another region; empty where it says the same, or no file says one."""
    other = next((source for source in region.overridden if source.source in REGION_VARIABLES), None)
    if other is None or region.source in REGION_VARIABLES:
        return ""
    return f"stage {stage} is in region {region.value}, as {region.source} says; {other.source} is {other.value}"


def profile_of(profile: Setting) -> str:
    """The profile; empty where keys are used instead of one."""
    return "" if profile.source == "AWS_ACCESS_KEY_ID" else profile.value
