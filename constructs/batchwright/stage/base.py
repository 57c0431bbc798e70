"""A stage as a declaration sees it: its facts, its settings, and who may run its batches."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeVar
from weakref import WeakKeyDictionary

import jsii
from aws_cdk import Stack
from constructs import Construct, IConstruct

from batchwright.arns import Place
from batchwright.assembly.last_look import LastLook
from batchwright.assembly.unresolved import unresolved_token
from batchwright.errors import DeclarationError, meant, unknown, wrong
from batchwright.iam import grants, roles, run_policies, statement_sets, verify_policies
from batchwright.names import LOCAL, check_batch, check_project, check_stage
from batchwright.registry.registry import ImageRegistry
from batchwright.stage.adopted import adopted_elsewhere
from batchwright.stage.assume import Assumable, grantees
from batchwright.stage.callers import Callers
from batchwright.stage.facts import StageFacts, beside
from batchwright.task.existing import Existing
from batchwright.task.sizes import LargestSize
from batchwright.tokens import is_token
from batchwright_runner.contract.names import StageNames

if TYPE_CHECKING:
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms

    from batchwright.assembly.assembled_batch import AssembledBatch
    from batchwright_runner.contract.workflows.manifest import WorkflowManifest

T = TypeVar("T")


class NotGiven:
    """In the place of a value that was not given, where ``None`` is one.

    Pyright takes a literal for one only where a keyword's type is more than a type variable; so this is in the types of
    `Platform.choose`, and no value.
    """


_NOT_GIVEN = NotGiven()

_REGIONS: WeakKeyDictionary[IConstruct, dict[tuple[str, str], str]] = WeakKeyDictionary()
"""By the app: project and stage, and account, to region."""


class Named(Protocol):
    """A batch, as far as a grant has to know it."""

    name: str


class Platform(Construct, metaclass=jsii.JSIIAbstractClass):
    """What a batch is declared on: a `BatchPlatform`, or one of another app, `BatchPlatform.from_deployed`.

    Attributes:
        stage: The stage's name.
        stages: Names of all stages that the app knows.
        registry: The registry that this app deploys; ``None`` where it is deployed elsewhere.
        key: The KMS key made here; ``None`` for an existing one.
        cluster: The cluster made here; ``None`` for an existing one.
    """

    _facts: StageFacts
    registry: ImageRegistry | None = None
    key: "kms.Key | None" = None
    cluster: "ecs.CfnCluster | None" = None

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: str,
        project: str,
        settings: Mapping[str, str] | None,
        stages: Collection[str],
    ) -> None:
        """Checks the names."""
        super().__init__(scope, id)
        check_project(project)
        check_stage(stage)
        stack = Stack.of(self)
        self.stage = stage
        self.stages = frozenset(stages) | {stage}
        self._names = StageNames(project, stage)
        self._place = Place(stack.account, stack.region)
        self._subject = f"platform {stage}"
        self._check_alone()
        self._settings = dict(settings or {})
        self._last_look = LastLook.of(self)
        self._callers = Callers(self._subject, self._facts_for)
        self._assumable = Assumable(self._subject)
        self._declared_batches: dict[str, AssembledBatch] = {}
        self._declared_workflows: dict[str, WorkflowManifest] = {}
        self._elsewhere: dict[str, str] = {}
        self._has_workflows = False

    def _check_alone(self) -> None:
        """Raises where the app has the stage in another region of the account: its roles would have the same names."""
        if self.stage == LOCAL or is_token(self._place.account) or is_token(self._place.region):
            return
        stages = _REGIONS.setdefault(self.node.root, {})
        region = stages.setdefault((self._names.prefix, self._place.account), self._place.region)
        if region != self._place.region:
            raise DeclarationError(
                self._subject,
                "stage",
                f"project {self._names.project} has it in {region} of account {self._place.account}, too, and names of "
                f"IAM roles are global in an account; allowed: each stage in one region of an account",
                remedy="give the stage of each region a name of its own",
            )

    @abstractmethod
    def _need_schedules(self, subject: str) -> None:
        """Sees to it that the stage has what schedules that AWS keeps need.

        Raises:
            DeclarationError: It has not, and it is not made here.
        """

    def _check_spot(self, subject: str) -> None:
        """Raises where the app makes the stage's cluster, and without Spot; asked at the end."""

    def _check_name(self, subject: str, name: str, *taken: Mapping[str, object]) -> None:
        """Raises for a name that is taken: batches and workflows of a stage have one namespace.

        Args:
            subject: Whose declaration it is.
            name: The name.
            taken: The names of others.

        Raises:
            DeclarationError: It is taken.
        """
        for others in taken:
            if name in others:
                kind = "workflow" if others is self._declared_workflows else "batch"
                problem = f"a {kind} of stage {self.stage} has it; allowed: a name that no batch and no workflow has"
                raise DeclarationError(subject, "name", f"{name!r} was given, and {problem}")

    def _need_machines(self) -> None:
        """Has each batch of the stage have a machine, those that are declared later too: the stage has workflows.

        So a step that leaves a workflow takes no machine away in the middle of a night.
        """
        self._has_workflows = True
        for batch in self._declared_batches.values():
            batch._need_machine()

    def _need_function(self) -> None:
        """Makes the function that machines ask, where the app makes the stage's platform."""

    @cached_property
    def _tasks(self) -> "iam.IPrincipal":
        """Who may assume the task roles of the stage."""
        return roles.task_principal(self._place)

    def choose(self, *, default: T | NotGiven = _NOT_GIVEN, **by_stage: T | NotGiven) -> T:
        """The value for this stage, where a stage's value differs from the others'.

        ``platform.choose(default="dev@example.com", production="finance@example.com")``

        Args:
            default: For stages that are not named; ``None`` is a value, too.
            by_stage: Stage to value.

        A stage that the project does not have is passed over, so that a batch can be taken to another project; one that
        looks like a misspelt stage is an error.

        Raises:
            DeclarationError: A stage looks misspelt, or nothing is given for this one.
        """
        known = self.stages | {LOCAL}
        for stage in by_stage:
            if stage not in known and meant(stage, known):
                raise unknown(self._subject, "choose", stage, known)
        chosen = by_stage.get(self.stage, default)
        if isinstance(chosen, NotGiven):
            stages = ", ".join(sorted(by_stage)) or "no stage"
            raise DeclarationError(
                self._subject,
                "choose",
                f"values for {stages} were given; allowed: one for every stage, or default=",
                remedy=f"write {self.stage}=… or default=…, as this is stage {self.stage}",
            )
        return chosen

    def setting(self, name: str) -> str:
        """A value of the stage's settings, which ``cdk.json`` holds under ``stages.{stage}.settings``.

        In the stage ``local`` a setting that is not given becomes an unresolved value; a run that needs it says so.

        Args:
            name: The setting's name.

        Raises:
            DeclarationError: The stage has no such setting.
        """
        if name in self._settings:
            return self._settings[name]
        if self.stage == LOCAL:
            return unresolved_token(f"setting {name}, which cdk.json may give under stages.{LOCAL}.settings")
        error = unknown(self._subject, "setting", name, self._settings)
        error.remedy = f"write it into cdk.json, under context.stages.{self.stage}.settings"
        raise error

    def grant_run(
        self,
        grantee: "iam.IGrantable",
        *,
        batches: Sequence["Named | str"] | None = None,
        existing: Existing | Sequence[Existing] = (),
        max_cpu: int | None = None,
        max_memory: int | None = None,
    ) -> None:
        """Lets a role or user start, follow and stop batches of the stage.

        Whoever may start a batch with a command of their own can do what its task role can. All grants to one grantee
        are one set of statements, so that a policy has room for many batches.

        Args:
            grantee: The role or user of Rundeck, CI or an engineer.
            batches: The batches, or their names, those of other apps too. Default: every batch of the stage, those
                declared later too.
            existing: What batches of other apps were given, such as their roles and log groups: their names do not
                follow from the stage's. Those of this app's batches are known.
            max_cpu: CPU units that a start may ask for in place of a batch's own, ``run --cpu``. Default: no limit.
            max_memory: MiB of memory, likewise. Default: no limit.

        A start that asks for no size is not limited. Of several grants the widest counts.

        Raises:
            DeclarationError: Nothing can be added to its policy, a batch is one of another stage, or Fargate has no
                tasks with such a CPU or memory.
        """
        theirs = adopted_elsewhere(self._subject, existing, self._place)
        largest = LargestSize(max_cpu=max_cpu, max_memory=max_memory)
        names = None if batches is None else self._names_of(batches)
        self._callers.let_run(self._subject, grantee, names, theirs, largest)

    def grant_operate(self, grantee: "iam.IGrantable", *, existing: Existing | Sequence[Existing] = ()) -> None:
        """Lets a role or user do what `grant_run` allows, and set parameters, put secrets and release images.

        It may put secrets, not read them. Whoever may release may move any tag of the project's repositories.

        Args:
            grantee: The role or user of an operator.
            existing: As for `grant_run`. Default: none.

        Raises:
            DeclarationError: Nothing can be added to its policy.
        """
        facts = self._facts_for(grantee)
        theirs = adopted_elsewhere(self._subject, existing, self._place)
        self._callers.let_run(self._subject, grantee, None, theirs, method="grant_operate")
        self._callers.note(grantee, "grant_operate")
        statements = run_policies.operate(facts.place, facts.names, key=facts.key, repositories=facts.repository_arns)
        statements += run_policies.try_alerts(facts.place, facts.names) if facts.alerts else []
        grants.add(self._subject, "grant_operate", statement_sets.receiver(grantee, "Operate"), statements)

    def grant_verify(self, grantee: "iam.IGrantable", *, existing: Existing | Sequence[Existing] = ()) -> None:
        """Lets a role or user look at all that a run needs, for ``batchwright verify``, and at past runs.

        It changes and decrypts nothing.

        Args:
            grantee: The role or user of an SRE, or of a job that looks every morning.
            existing: What batches were given: their roles are looked at, too. Default: none.

        Raises:
            DeclarationError: Nothing can be added to its policy.
        """
        grants.principal_of(self._subject, "grant_verify", grantee)
        facts = self._facts_for(grantee)
        theirs = adopted_elsewhere(self._subject, existing, self._place)
        statements = verify_policies.verify(
            facts.place,
            facts.names,
            cluster=facts.cluster.rpartition("/")[2],
            key=facts.key,
            repositories=facts.repository_arns,
            roles=[role for adopted in theirs for role in adopted.roles],
        )
        statements += verify_policies.look_back(
            facts.place, facts.names, cluster=facts.cluster.rpartition("/")[2], history=facts.history
        )
        grants.add(self._subject, "grant_verify", statement_sets.receiver(grantee, "Verify"), statements)
        self._callers.note(grantee, "grant_verify")

    def grant_assume(self, *people: "str | iam.IRole | iam.IUser") -> None:
        """Lets people take the task roles of the stage's batches, for ``batchwright run --local --use-task-role``.

        It writes the roles' trust. Whoever assumes a role needs ``sts:AssumeRole`` in their own policy, too. Roles that
        were given to a batch are not touched.

        Args:
            people: ARNs of roles or users, or patterns of them:
                ``arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Developer_*``.

        Raises:
            DeclarationError: The stage is protected, or an ARN has a wrong form.
        """
        self._assumable.grant(people, protected=self._facts.protected)
        for grantee in grantees(people):
            self._callers.note(grantee, "grant_assume")

    def _facts_for(self, grantee: "iam.IGrantable") -> StageFacts:
        """The stage's facts as the grantee's policy may name them."""
        return self._facts.read_in(beside(grantee, self))

    def _names_of(self, batches: Sequence["Named | str"]) -> list[str]:
        if isinstance(batches, str) or not batches:
            raise wrong(self._subject, "batches", batches, "a list of batches, or of their names")
        names = []
        for batch in batches:
            name = batch if isinstance(batch, str) else getattr(batch, "name", None)
            if not isinstance(name, str):
                raise wrong(self._subject, "batches", batch, "batches, or their names")
            check_batch(name, self._names.project, self.stages)
            home = getattr(batch, "platform", self)
            if home is not self:
                problem = f"{name} is a batch of stage {home.stage}; allowed: batches of stage {self.stage}"
                raise DeclarationError(self._subject, "batches", problem)
            names.append(name)
        return names
