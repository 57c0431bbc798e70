"""A template's resources, with what CloudFormation puts together written as text. Pure."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_PATH = "aws:cdk:path"
_KEPT = ("Retain", "RetainExceptOnCreate", "Snapshot")
_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StackResource:
    """A resource of a template."""

    id: str
    # Its type, ``AWS::S3::Bucket``
    type: str
    # Its path in the app, without the stack; its logical id where the template does not say
    path: str
    # Its properties; what only a deployment knows is ``<path.Arn>``
    properties: Mapping[str, Any]
    # What else the template says about it: its policies on deletion, its dependencies
    others: Mapping[str, Any] = field(default_factory=dict)
    kept: bool = False

    @property
    def name(self) -> str:
        """What people call it: its type's last part and its path, ``S3::Bucket report/Sales``."""
        return f"{self.type.removeprefix('AWS::')} {self.path}"


class StackKey(NamedTuple):
    """Which stack of an assembly it is: a name may be there once for each account and region."""

    # Its name; that of one in another begins with the other's, ``data/Tables``
    name: str
    # The account that it is deployed in; empty where that is not known
    account: str = ""
    region: str = ""

    @property
    def partition(self) -> str:
        """AWS's partition of the region."""
        for start, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
            if self.region.startswith(start):
                return name
        return "aws"

    @property
    def is_nested(self) -> bool:
        """Whether it is in another stack, and comes and goes with that."""
        return "/" in self.name

    @property
    def outermost(self) -> "StackKey":
        """The stack that it is in, which is in no other; itself for one that is in none."""
        return self._replace(name=self.name.partition("/")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack of an assembly."""

    key: StackKey
    resources: Mapping[str, StackResource]
    # What the template has beside its resources, and the artifact beside the template
    rest: Mapping[str, Any] = field(default_factory=dict)

    def find(self, type: str, name: str, values: Collection[str]) -> list[StackResource]:  # noqa: A002 - CloudFormation's word
        """The resources of a type of which a property has one of these values."""
        return [
            resource
            for resource in self.resources.values()
            if resource.type == type and str(resource.properties.get(name)) in values
        ]


def stack_of(
    key: StackKey, template: Mapping[str, Any], artifact: Mapping[str, Any] | None = None, *, paths: bool = True
) -> Stack:
    """Reads a template."""
    raw = template.get("Resources", {})
    names = {id: _path(id, resource) if paths else id for id, resource in raw.items()}
    resolve = Resolver(names, key)
    resources = {id: _resource(id, names[id], resource, resolve) for id, resource in raw.items()}
    beside = {key: value for key, value in template.items() if key not in ("Resources", "Rules")}
    beside.get("Parameters", {}).pop("BootstrapVersion", None)
    rest = {key: resolve(value) for key, value in {**beside, **(artifact or {})}.items() if value}
    return Stack(key=key, resources=resources, rest=rest)


def _resource(id: str, path: str, raw: Mapping[str, Any], resolve: "Resolver") -> StackResource:
    others = {key: value for key, value in raw.items() if key not in ("Type", "Properties", "Metadata")}
    if isinstance(others.get("DependsOn"), list):
        others["DependsOn"] = sorted(others["DependsOn"])
    return StackResource(
        id=id,
        type=str(raw.get("Type", "")),
        path=path,
        properties=resolve(raw.get("Properties", {})),
        others=resolve(others),
        kept=raw.get("DeletionPolicy") in _KEPT,
    )


def _path(id: str, raw: Mapping[str, Any]) -> str:
    metadata = raw.get("Metadata")
    path = metadata.get(_PATH) if isinstance(metadata, Mapping) else None
    if not isinstance(path, str) or "/" not in path:
        return id
    return path.partition("/")[2].removesuffix("/Resource").removesuffix("/Default") or id


def _as_text(function: str, argument: Any) -> str:  # noqa: ANN401 - JSON
    return f"<{function.removeprefix('Fn::')} {json.dumps(argument, sort_keys=True, ensure_ascii=False)}>"


class Resolver:
    """Writes values of a template as plain values."""

    def __init__(self, paths: Mapping[str, str], place: StackKey) -> None:
        self._paths = paths
        known = {
            "AWS::AccountId": place.account,
            "AWS::Region": place.region,
            "AWS::Partition": place.partition if place.region else "",
            "AWS::URLSuffix": _SUFFIXES.get(place.partition, "amazonaws.com") if place.region else "",
        }
        self._known = {name: value for name, value in known.items() if value}

    def __call__(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """The value, with every function of CloudFormation in it written as text."""
        if isinstance(value, list):
            return [self(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._function(name, argument)
        return {key: self(item) for key, item in value.items()}

    def _function(self, name: str, argument: Any) -> Any:  # noqa: ANN401 - JSON
        if name == "Ref" and isinstance(argument, str):
            return self._reference(argument)
        if name == "Fn::GetAtt":
            parts = argument if isinstance(argument, list) else str(argument).split(".", 1)
            return f"<{self._paths.get(str(parts[0]), parts[0])}.{'.'.join(map(str, parts[1:]))}>"
        if name == "Fn::Join" and isinstance(argument, list) and len(argument) == 2:
            joined = self(argument[1])
            if isinstance(joined, list):
                return str(argument[0]).join(map(str, joined))
        if name == "Fn::Sub":
            return self._substituted(argument)
        return _as_text(name, self(argument))

    def _reference(self, name: str) -> str:
        return self._known.get(name, f"<{self._paths.get(name, name)}>")

    def _substituted(self, argument: Any) -> str:  # noqa: ANN401 - JSON
        pattern, own = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        text, *pieces = str(pattern).split("${")
        for piece in pieces:
            name, closed, rest = piece.partition("}")
            if name.startswith("!"):
                text += f"${{{name[1:]}{closed}{rest}"
            elif name in own:
                text += f"{self(own[name])}{rest}"
            else:
                text += f"{self._function('Fn::GetAtt', name) if '.' in name else self._reference(name)}{rest}"
        return text
