"""The last look at the batches of an assembly, when all has been declared and nothing has been written yet.

It checks the manifest of each batch and what was granted to it. Then, where nothing is wrong with any, it writes their
files for local runs.
"""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import jsii
from aws_cdk import Stack, Stage
from constructs import Construct, IConstruct, IValidation

from batchwright._start import tell_in_lines
from batchwright.assembly.assembled_batch import AssembledBatch
from batchwright.assembly.batch_file import as_in_template, content
from batchwright.assembly.faults import allowed_by_role, manifests_of, too_large, too_large_for_a_stack, too_wide
from batchwright.assembly.identities import Identities
from batchwright.errors import DeclarationError, SeveralMistakesError
from batchwright.iam.policies import Statement
from batchwright.lookups import annotate, is_pending, pending_in
from batchwright.task.limits import TEMPLATE
from batchwright.task.sources import find_places
from batchwright_runner.contract.batch_file import BatchFile, write
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.workflows.file import write as write_workflow

if TYPE_CHECKING:
    from batchwright.arns import Place
    from batchwright.assembly.assembled_workflow import AssembledWorkflow


@jsii.implements(IValidation)
class LastLook:
    """The last look at all batches of an assembly: one call from Node into Python, not one for each batch."""

    def __init__(self, assembly: IConstruct, project: Path) -> None:
        """Has itself called at the end of the synthesis; see `of`."""
        self._assembly = assembly
        self._project = project
        self.batches: list[AssembledBatch] = []
        self.workflows: list[AssembledWorkflow] = []
        self._found: list[DeclarationError] = []
        self._written: dict[str, tuple[Path, BatchFile, Place]] = {}
        assembly.node.add_validation(self)
        for synthesized in (assembly, assembly.node.root)[: 2 if assembly.node.scope else 1]:
            self._watch(synthesized)

    @staticmethod
    def of(construct: Construct, project: Path | None = None) -> "LastLook":
        """The last look of the assembly that a construct belongs to; begun by whoever asks first."""
        assembly = construct if isinstance(construct, Stage) else Stage.of(construct) or construct.node.root
        if assembly not in _BY_ASSEMBLY:
            _BY_ASSEMBLY[assembly] = LastLook(assembly, project or Path.cwd())
        return _BY_ASSEMBLY[assembly]

    def add(self, batch: AssembledBatch) -> None:
        """Takes a batch in."""
        for earlier in self.batches:
            if (earlier._task["family"], earlier._place) == (batch._task["family"], batch._place):
                place = f" ({earlier._origin.shown(self._project.resolve())})" if earlier._origin else ""
                problem = f"{earlier.node.path}{place} has it in the same stage; allowed: each name once"
                raise DeclarationError(f"batch {batch.name}", "name", problem)
        self.batches.append(batch)

    def forget(self, constructs: Collection[IConstruct]) -> None:
        """Leaves out batches and workflows that have been taken out of the assembly again."""
        self.batches = [batch for batch in self.batches if batch not in constructs]
        self.workflows = [workflow for workflow in self.workflows if workflow.construct not in constructs]

    def validate(self) -> list[str]:
        """What is wrong with the batches, in words; nothing if all are well, and then their files are written.

        The CDK calls this, and stops the synthesis if there is a fault. It calls a construct at no later moment.
        """
        untouched = {  # no one can have granted anything to them; a path would be two calls into Node for each
            role: name
            for batch in self.batches
            for role, name in batch._made_roles.items()
            if role is not batch._granted_role()
        }
        identities = Identities(self._assembly, untouched)
        statements = [_granted(batch, identities) for batch in self.batches]
        manifests, faults = manifests_of(self.batches)
        faults += too_wide(self.batches, statements, _managed(self.batches, identities))
        faults += too_large(self.batches, identities)
        if not faults:
            self._write_files(manifests, statements)
            for batch, manifest in zip(self.batches, manifests, strict=True):
                annotate(batch, f"batch {batch.name}", _pending(batch, manifest))
        self._found = faults
        if faults:
            tell_in_lines(self._lines_for)
        return self._lines()

    def _watch(self, assembly: Any) -> None:  # noqa: ANN401 - anything that Python may synthesize
        """Has a synthesis raise what was found as it is: the CDK makes an error of its own, and jsii forty lines."""
        synthesize = assembly.synth

        @wraps(synthesize)
        def synth(**options: Any) -> Any:  # noqa: ANN401 - the CDK's own options
            try:
                synthesized = synthesize(**options)
                self._follow_templates()
            except RuntimeError as error:
                if many := _TOO_MANY.search(str(error)):
                    limit = f"{many['number']} resources; allowed: {many['most']}"
                    self._found = [too_large_for_a_stack(many["stack"], limit)]
                if not self._found:
                    raise
            if not self._found:
                return synthesized
            tell_in_lines(self._lines_for)
            raise self._found[0] if len(self._found) == 1 else SeveralMistakesError(self._found)

        assembly.synth = synth

    def _lines(self) -> list[str]:
        root = self._project.resolve()
        return [f"{fault.origin.shown(root)}: {fault}" if fault.origin else str(fault) for fault in self._found]

    def _lines_for(self, error: BaseException) -> list[str]:
        """What was found, where that ends the program: as it is, or in an error of the CDK, of a pipeline's say."""
        lines, errors = self._lines(), error.errors if isinstance(error, SeveralMistakesError) else (error,)
        return lines if [*errors] == self._found or all(line in str(error) for line in lines) else []

    def _write_files(self, manifests: Sequence[BatchManifest], statements: Sequence[list[Statement]]) -> None:
        places = find_places(self._project, [(batch._folder, batch.image.name) for batch in self.batches])
        folder = Path(self._assembly.outdir if isinstance(self._assembly, Stage) else ".")
        by_role = allowed_by_role(self.batches)
        for batch, manifest, allowed, place in zip(self.batches, manifests, statements, places, strict=True):
            file = content(batch, manifest, allowed, place, by_role[batch._role_arns["taskRoleArn"]], self._project)
            write(folder, file)
            self._written[str(file.task["family"])] = (folder, file, batch._place)
        for workflow in self.workflows:
            write_workflow(folder, workflow.file(self._project))

    def _follow_templates(self) -> None:
        """Has each file say what the template says of the task: an Aspect, say, may have changed that later."""
        for path in {path for folder, *_ in self._written.values() for path in folder.glob("*.template.json")}:
            text = path.read_text(encoding="utf-8")
            if (size := path.stat().st_size) > TEMPLATE:
                stacks = (each for each in self._assembly.node.find_all() if isinstance(each, Stack))
                name = next((each.node.path for each in stacks if each.template_file == path.name), path.name)
                self._found.append(too_large_for_a_stack(name, f"{size:,} bytes; allowed: {TEMPLATE:,}"))
            resources = json.loads(text).get("Resources", {}) if '"AWS::ECS::TaskDefinition"' in text else {}
            for resource in resources.values():
                properties = resource.get("Properties", {})
                written = self._written.get(str(properties.get("Family")))
                if resource["Type"] == "AWS::ECS::TaskDefinition" and written and path.parent == written[0]:
                    folder, file, place = written
                    task = as_in_template(file.task, properties, place)
                    if task != file.task:
                        write(folder, replace(file, task=task))


_TOO_MANY = re.compile(
    r"Number of resources in stack '(?P<stack>[^']+)': (?P<number>\d+) is greater than allowed maximum of (?P<most>\d+)"
)
"""What the CDK says of more resources than CloudFormation takes (aws-cdk-lib 2.275)."""
_BY_ASSEMBLY: WeakKeyDictionary[IConstruct, LastLook] = WeakKeyDictionary()


def _granted(batch: AssembledBatch, identities: Identities) -> list[Statement]:
    """The statements that grants have added to a batch's task role, resolved."""
    role = batch._granted_role()
    return identities.of_role(role).statements if role is not None else []


def _managed(batches: Sequence[AssembledBatch], identities: Identities) -> dict[AssembledBatch, list[Any]]:
    """The managed policies of something else that batches' own task roles have, by the batch."""
    policies = {}
    for batch in batches:
        role = batch._granted_role()
        if role is not None and batch._adopted.task_role is None:
            policies[batch] = identities.of_role(role).theirs
    return policies


def _pending(batch: AssembledBatch, manifest: BatchManifest) -> list[str]:
    """What of a batch the CDK has not looked up yet: in its manifest, its task, its roles and its parameters. Pure."""
    ids = [identifier for identifier in (*manifest.subnets, *manifest.security_groups) if is_pending(identifier)]
    texts = json.dumps(
        [manifest.to_dict(), batch._task, batch._role_arns, dict(batch._configuration.own_parameters)], default=str
    )
    return sorted({*ids, *pending_in(texts), *(() if manifest.subnets else ("no subnet",))})
