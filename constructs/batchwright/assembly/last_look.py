"""The last look at a batch, when all of the app has been declared and nothing has been written yet."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import IValidation

from batchwright.arns import domain, partition
from batchwright.assembly import batch_file
from batchwright.assembly.unresolved import evaluate
from batchwright.iam.permissions import Permission, bare_wildcards
from batchwright.tokens import is_token

if TYPE_CHECKING:
    from batchwright.batch import FargateBatch


class Finish:
    """Checks what was granted to a batch, and writes its file for local runs into the assembly.

    Attributes:
        package: The folder of the batch's declaration, relative to the project; ``None`` when it is outside.
        source: The folder of the image's source, relative to the project; ``None`` when it is not there.
    """

    package: str | None = None
    source: str | None = None

    def __init__(self, batch: "FargateBatch", task: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        """Takes the task definition's properties and the declared values; either may still hold tokens."""
        self._batch = batch
        self._task = task
        self._parameters = parameters

    @property
    def role(self) -> str:
        """ARN of the batch's task role."""
        return self._batch.role_arns["taskRoleArn"]

    @property
    def permissions(self) -> list[Permission]:
        """What the batch allowed itself."""
        return self._batch.permissions

    def faults(self, permissions: Sequence[Permission]) -> list[str]:
        """What is wrong with the batch, in words; nothing if it is well, and then its file is written.

        Args:
            permissions: What the batches that have this one's task role allowed themselves.
        """
        statements = self._statements()
        faults = [
            f"batch {self._batch.name}: {fault}; allowed: named actions and resources, or batch.allow(…, reason=…)"
            for fault in bare_wildcards(statements, permissions)
        ]
        if not faults:
            self._write(statements)
        return faults

    def _statements(self) -> list[dict[str, Any]]:
        if not self._batch.role_was_used:
            return []
        # A large policy overflows into managed ones.
        kinds = (iam.Policy, iam.ManagedPolicy)
        added = [one for one in self._batch.task_role.node.children if isinstance(one, kinds)]
        documents = [Stack.of(self._batch).resolve(policy.document.to_json()) for policy in added]
        return [statement for document in documents for statement in document["Statement"]]

    def _write(self, statements: list[dict[str, Any]]) -> None:
        facts = self._batch.platform.facts
        place = facts.place
        known = {
            "AWS::AccountId": place.account,
            "AWS::Region": place.region,
            "AWS::Partition": partition(place.region),
            "AWS::URLSuffix": domain(place.region),
        }
        values = {"task": {**self._task, **self._batch.role_arns}, "parameters": dict(self._parameters)}
        if is_token(json.dumps(values)):
            values = evaluate(Stack.of(self._batch).resolve(values), known)
        content = batch_file.local_file(
            self._batch.manifest,
            values["task"],
            values["parameters"],
            evaluate(statements, known),
            package=self.package,
            source=self.source,
        )
        batch_file.write(self._batch.platform.assembly, content)


@jsii.implements(IValidation)
class FinishAll:
    """The last look at all batches of a stage: one call from Node into Python, not one for each batch."""

    def __init__(self, batches: Sequence[Finish]) -> None:
        """Takes the list to which batches add themselves."""
        self._batches = batches

    def validate(self) -> list[str]:
        """What is wrong with the batches, in words."""
        by_role: dict[str, list[Permission]] = {}
        for batch in self._batches:
            by_role.setdefault(batch.role, []).extend(batch.permissions)
        return [fault for batch in self._batches for fault in batch.faults(by_role[batch.role])]
