"""Which resources of a stack are a batch's own, and which of them its file tells of. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from batchwright_runner.contract.names import family, manifest_path, watch_path
from batchwright_runner.workbench.diff.batch import BatchSide, account_of
from batchwright_runner.workbench.diff.read import Assembly, BatchKey
from batchwright_runner.workbench.diff.template import Stack, StackKey, StackResource

_TASK = "AWS::ECS::TaskDefinition"
_PARAMETER = "AWS::SSM::Parameter"


@dataclass(frozen=True, slots=True)
class Home:
    """Where a batch is in an assembly.

    Attributes:
        stack: Its stack.
        path: What the paths of its resources begin with.
    """

    stack: StackKey
    path: str

    def holds(self, stack: StackKey, resource: StackResource) -> bool:
        """Whether a resource is the batch's own."""
        return stack == self.stack and bool(self.path) and resource.path.startswith(self.path)


def homes(assembly: Assembly) -> dict[BatchKey, Home]:
    """Where each batch is, as far as the templates say: by the family of its task definition."""
    families: dict[tuple[str, str], Home] = {}
    for key, stack in assembly.stacks.items():
        for resource in stack.resources.values():
            if resource.type == _TASK:
                path = resource.path
                path = path.removesuffix("TaskDefinition") if path.endswith("/TaskDefinition") else ""
                families[stack.place.account, str(resource.properties.get("Family"))] = Home(key, path)
    found = {}
    for batch, raw in assembly.batches.items():
        manifest = raw["manifest"]
        account = account_of(raw)
        name = family(manifest["project"], manifest["stage"], manifest["batch"])
        home = families.get((account, name)) or families.get(("", name))
        if home is not None:
            found[batch] = home
    return found


def workflow_stacks(sides: Iterable[Assembly], path: str) -> dict[StackKey, str]:
    """The stack of a workflow in each assembly, with the logical id of the parameter that holds its record."""
    return {
        key: resource.id
        for side in sides
        for key, stack in side.stacks.items()
        for resource in stack.resources.values()
        if resource.type == _PARAMETER and str(resource.properties.get("Name")) == path
    }


def tasks(side: BatchSide, stack: Stack) -> set[str]:
    """The logical ids of a batch's task definitions."""
    name = family(side.manifest.project, side.manifest.stage, side.manifest.batch)
    resources = stack.resources.values()
    return {
        resource.id for resource in resources if resource.type == _TASK and resource.properties.get("Family") == name
    }


def aligned(before: Assembly, after: Assembly) -> Assembly:
    """The base, in which a stack that is deployed elsewhere now is the one that it becomes.

    That is so where one alone of its name has gone and one alone has come.

    Args:
        before: The base.
        after: What it becomes.
    """
    gone, come = (
        _by_name(key for key in ours.stacks if key not in others.stacks)
        for ours, others in ((before, after), (after, before))
    )
    moved = {gone[name][0]: come[name][0] for name in gone if len(gone[name]) == len(come.get(name, ())) == 1}
    return replace(before, stacks={moved.get(key, key): stack for key, stack in before.stacks.items()})


def _by_name(keys: Iterable[StackKey]) -> dict[str, list[StackKey]]:
    found: dict[str, list[StackKey]] = {}
    for key in keys:
        found.setdefault(key.name, []).append(key)
    return found


def told(side: BatchSide, stack: Stack) -> set[str]:
    """The logical ids of the resources that a batch's file tells of: manifest, watch, and the parameters it makes."""
    own = side.manifest.project, side.manifest.stage, side.manifest.batch
    paths = {manifest_path(*own), watch_path(*own)}
    values = side.raw.get("parameters", {}).values()
    paths |= {str(value.get("path")) for value in values if isinstance(value, Mapping)}
    return {
        resource.id
        for resource in stack.resources.values()
        if resource.type == _PARAMETER and str(resource.properties.get("Name")) in paths
    }
