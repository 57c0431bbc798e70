"""A batch of an assembly, as it was declared: what its permissions, its manifest and its batch file are made from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from batchwright.arns import Place
from batchwright.iam.callers import GrantedCaller
from batchwright.iam.permissions import Allowance
from batchwright.iam.policies import Statement
from batchwright.origins import SourceLine
from batchwright_runner.contract.manifest import BatchManifest


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AssembledBatch:
    """What the last look has to know of a batch. Strings may hold tokens.

    Attributes:
        name: The batch's name.
        construct: The batch in the tree.
        place: Account and region of its stage.
        image: The name of its image; empty for one from elsewhere.
        role_arns: Its roles' ARNs, by the task definition's keys for them.
        granted_role: Gives its task role, or ``None`` if nothing can have been granted to it; asked at the end.
        permissions: What it allowed itself; the list grows until the end.
        execution: The statements that its execution role gets.
        added: Gives those that its stack adds to the execution role that is made for it; asked at the end.
        task_adopted: Whether its task role was given to it.
        execution_adopted: Whether its execution role was given to it.
        callers: Gives who was granted something, with it alone or with all batches of the stage; asked at the end.
        manifest: Gives its manifest, as far as a synthesis knows it; asked at the end.
        task: The task definition's properties.
        parameter_paths: Variable to path, of all its parameters.
        parameters: Variable to declared value, of the parameters it makes itself.
        folder: The folder of its declaration; ``None`` where that is not known.
        origin: The line of its declaration, likewise.
        file_fields: Gives the further fields of its `BatchFile`; asked at the end.
        made_roles: The roles that are made for it, and their names.
        check_tags: Raises unless ECS takes the tags that its task definition has come to; asked at the end.
    """

    name: str
    construct: Construct
    place: Place
    image: str
    role_arns: Mapping[str, str]
    granted_role: Callable[[], iam.IRole | None]
    permissions: Sequence[Allowance]
    manifest: Callable[[], BatchManifest]
    task: Mapping[str, Any]
    parameter_paths: Mapping[str, str]
    parameters: Mapping[str, str]
    folder: Path | None
    origin: SourceLine | None = None
    execution: Sequence[Statement] = ()
    added: Callable[[], Sequence[Mapping[str, Any]]] = tuple
    task_adopted: bool = False
    execution_adopted: bool = False
    callers: Callable[[], Mapping[str, Sequence[GrantedCaller]]] = dict
    file_fields: Callable[[], Mapping[str, Any]] = dict
    made_roles: Mapping[IConstruct, str] = field(default_factory=dict)
    check_tags: Callable[[], None] = lambda: None

    @property
    def task_role(self) -> str:
        """ARN of its task role, which it may share with other batches."""
        return self.role_arns["taskRoleArn"]
