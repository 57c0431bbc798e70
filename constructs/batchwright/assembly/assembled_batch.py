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
from batchwright.task.configuration import Configuration
from batchwright.task.existing import Existing
from batchwright_runner.contract.manifest import BatchManifest


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AssembledBatch:
    """What the last look has to know of a batch. Strings may hold tokens."""

    name: str
    construct: Construct
    place: Place
    # The name of its image; empty for one from elsewhere
    image: str
    # Its roles' ARNs, by the task definition's keys for them
    role_arns: Mapping[str, str]
    # Gives its task role, or ``None`` if nothing can have been granted to it; asked at the end
    granted_role: Callable[[], iam.IRole | None]
    # What it allowed itself; the list grows until the end
    permissions: Sequence[Allowance]
    # Gives its manifest, as far as a synthesis knows it, or raises what is wrong with it or its tags; asked at the end
    manifest: Callable[[], BatchManifest]
    task: Mapping[str, Any]
    configuration: Configuration
    # What it was given that exists already
    existing: Existing
    # The folder of its declaration; ``None`` where that is not known
    folder: Path | None
    origin: SourceLine | None = None
    execution: Sequence[Statement] = ()
    # Gives those that its stack adds to the execution role that is made for it; asked at the end
    added: Callable[[], Sequence[Mapping[str, Any]]] = tuple
    # Gives who was granted something, with it alone or with all batches of the stage; asked at the end
    callers: Callable[[], Mapping[str, Sequence[GrantedCaller]]] = dict
    # Gives the further fields of its `BatchFile`; asked at the end
    file_fields: Callable[[], Mapping[str, Any]] = dict
    made_roles: Mapping[IConstruct, str] = field(default_factory=dict)

    @property
    def task_role(self) -> str:
        """ARN of its task role, which it may share with other batches."""
        return self.role_arns["taskRoleArn"]
