"""A batch of an assembly, as the last look sees it: what its permissions, manifest and batch file are made from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from aws_cdk import aws_iam as iam
from constructs import IConstruct

from batchwright.arns import Place
from batchwright.iam.callers import GrantedCaller
from batchwright.iam.permissions import Allowance
from batchwright.iam.policies import Statement
from batchwright.origins import SourceLine
from batchwright.task.configuration import Configuration
from batchwright.task.existing import Existing
from batchwright_runner.contract.manifest import BatchManifest, ImageReference

if TYPE_CHECKING:
    from aws_cdk import aws_stepfunctions as stepfunctions


class AssembledBatch(IConstruct, Protocol):
    """A `FargateBatch`, as far as those know it that it is handed to. Strings may hold tokens."""

    name: str
    image: ImageReference
    permissions: list[Allowance]
    _place: Place
    _configuration: Configuration
    _folder: Path | None
    _origin: SourceLine | None
    _adopted: Existing
    # Its roles' ARNs, by the task definition's keys for them
    _role_arns: dict[str, str]
    _made_roles: dict[IConstruct, str]
    _execution_statements: list[Statement]
    _task: dict[str, Any]
    _log_group_name: str

    @property
    def manifest(self) -> BatchManifest:
        """Its manifest, as it is declared by now."""

    def _granted_role(self) -> iam.IRole | None:
        """Its task role, or ``None`` if nothing can have been granted to it."""

    def _last_manifest(self) -> BatchManifest:
        """Its manifest, as far as a synthesis knows it, or raises what is wrong with it or its tags."""

    def _added_to_execution_role(self) -> Sequence[Mapping[str, Any]]:
        """What its stack gives the execution role that is made for it, beside what a start needs."""

    def _granted_callers(self) -> Mapping[str, Sequence[GrantedCaller]]:
        """Who was granted something, with it alone or with all batches of the stage."""

    def _file_fields(self) -> Mapping[str, Any]:
        """The further fields of its batch file."""

    def _need_machine(self) -> "stepfunctions.CfnStateMachine | None":
        """Its machine, which is made unless it has one."""
