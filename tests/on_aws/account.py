"""The account of a trial: whether it may be used, and the record there of what a trial may make."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from batchwright_runner.contract.names import StageNames
from tests.on_aws.trial import Trial

TAG = "batchwright-trial"
"""The tag of everything that a trial makes; its value is the trial's stamp."""
MARK, RECORD = "/trial-probe-network/subnets", "/trial-probe-network/record"
"""Two parameters: the subnets of the project, and what this trial may make, which is made first and removed last."""
ECS_ROLE = "AWSServiceRoleForECS"
TOOLKIT = "trial-probe-toolkit"
Made = Mapping[str, Sequence[str]]
"""Kind to names: what a trial may make, all of it free before, and all that is removed after it."""


@dataclass(frozen=True, kw_only=True)
class Named:
    """A kind of what a trial makes, of `kinds.toml`."""

    kind: str
    lists: tuple[str, str, str, str]
    type: tuple[str, str] = ("", "")
    given: Mapping[str, Any] = field(default_factory=dict)
    removes: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    def names(self, trial: Trial) -> list[str]:
        """The names that an account has."""
        *operation, name = self.lists
        entries = trial.all(*operation, **self.given)
        return [entry[name] if name else entry.rpartition("/")[2] for entry in entries]


KINDS = tomllib.loads(Path(__file__).with_name("kinds.toml").read_text(encoding="utf-8"))
NAMED = tuple(Named(kind=kind, **facts) for kind, facts in KINDS.items())


def planned(trial: Trial) -> Made:
    """What the project makes, by kind: read from its templates before anything is made."""
    done = trial.run("env", "CDK_OUTDIR=planned", "python", "app.py")
    if done.code:
        raise SystemExit(f"make trial: its project cannot be synthesized: {done.last}")
    names: dict[str, set[str]] = {kind.kind: set() for kind in NAMED}
    names["stack"] |= {TOOLKIT}
    names["bucket"] |= {f"cdk-trial-assets-{trial.account}-{trial.region}"}
    names["parameter"] |= {MARK, RECORD, "/cdk-bootstrap/trial/version", StageNames("trial", "probe").release("probe")}
    for path in (trial.folder / "planned").rglob("*.template.json"):
        text = path.read_text(encoding="utf-8")
        names["stack"].add(path.name.removesuffix(".template.json"))
        names["parameter"].update(re.findall(r":parameter(/[^\"*]+)\"", text))
        for resource in json.loads(text).get("Resources", {}).values():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::Lambda::Function":
                names["log group"].add(f"/aws/lambda/{properties['FunctionName']}")
            for kind in NAMED:
                if resource["Type"] == kind.type[0] and isinstance(name := properties.get(kind.type[1]), str):
                    names[kind.kind].add(name)
    return {kind: sorted(found) for kind, found in names.items()}


def recorded(trial: Trial) -> Any:  # noqa: ANN401 - JSON
    """The record of a trial that has begun here, and was not removed to its end; none for none."""
    try:
        return json.loads(trial.client("ssm").get_parameter(Name=RECORD)["Parameter"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        return None


def has_role(trial: Trial) -> bool:
    """Whether ECS has its role in this account."""
    try:
        return bool(trial.client("iam").get_role(RoleName=ECS_ROLE))
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return False


def mark(trial: Trial, made: Made) -> None:
    """Writes the record into the account, then the subnets that the project is deployed into."""
    subnets = trial.client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    value = ",".join(subnet["SubnetId"] for subnet in subnets)
    if not value:
        raise SystemExit("make trial: the default VPC is missing: aws ec2 create-default-vpc makes one")
    record = json.dumps({"stamp": trial.stamp, "had_role": has_role(trial), "made": made}, separators=(",", ":"))
    tags = [{"Key": TAG, "Value": trial.stamp}]
    for name, text in ((RECORD, record), (MARK, value)):
        trial.client("ssm").put_parameter(Name=name, Type="String", Tier="Intelligent-Tiering", Value=text, Tags=tags)


def in_the_way(trial: Trial, made: Made) -> Iterator[tuple[str, bool]]:
    """What is in the account before a trial, and whether it has a name that the trial needs."""
    for kind in NAMED:
        for name in kind.names(trial):
            if name in made[kind.kind] or (kind.kind in ("stack", "cluster") and name != "CDKToolkit"):
                yield f"{kind.kind} {name}", name in made[kind.kind]
    for region in trial.client("ec2").describe_regions()["Regions"]:
        if (name := region["RegionName"]) != trial.region:
            there = replace(trial, region=name, _clients={})
            try:
                others = [f"{kind.kind} {other}" for kind in NAMED[:2] for other in kind.names(there)]
            except ClientError as error:
                others = [f"what {error.response['Error']['Code']} hides"]
            yield from ((f"{other} in {name}", False) for other in others if other != "stack CDKToolkit")
