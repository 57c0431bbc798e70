"""A platform that another app deployed."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from batchwright.arns import Place
from batchwright.errors import DeclarationError
from batchwright.lookups import annotate, is_pending
from batchwright.registry.entries import repositories_of
from batchwright.stage.base import Platform
from batchwright.stage.facts import StageFacts
from batchwright.stage.platform import BatchPlatform
from batchwright.task.images import BatchImage
from batchwright.task.outside import stage_key
from batchwright.timing import check_scheduler, check_timezone
from batchwright_runner.contract.sizes import NOBODY

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms


class DeployedPlatform(BatchPlatform):
    """A platform that another app deployed: its facts are read from SSM when the batch's stack is deployed.

    So an application's own repository can declare its batches there, without exports and without a look-up.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: str,
        project: str = "batches",
        registry: Place | None = None,
        key: "kms.IKey | str | None" = None,
        own_security_groups: bool = True,
        history: bool = True,
        deadlines: bool = True,
        schedules: bool = False,
        alerts: bool = False,
        timezone: str | None = None,
        scheduler: str | None = None,
        runner_image: str | None = None,
        repositories: Mapping[str, str] | None = None,
        protected: bool | None = None,
        settings: Mapping[str, str] | None = None,
        stages: Collection[str] = (),
    ) -> None:
        """Takes the facts from SSM, as template parameters of this stack.

        Args:
            scope: Where the batches are declared; the stack's account and region must be the stage's.
            id: The construct's id.
            stage: Name of the stage.
            project: Name of the project.
            registry: Account and region of the project's images. Default: what the platform published.
            key: The KMS key, its ARN or its alias, if the platform was given an existing one. Default: the stage's own,
                by its alias. (A policy must know at synthesis whether it is an ARN or an alias.)
            own_security_groups: Whether each batch gets a security group of its own in the platform's VPC; otherwise it
                is in the platform's groups. True needs a platform with ``vpc_id``, False one with ``security_groups``.
            history: Whether the platform keeps the runs' ends.
            deadlines: Whether the platform has deadline schedules.
            schedules: Whether the platform has what schedules that AWS keeps share: its app says so, or
                has batches that AWS starts. Needed for ``scheduler="aws"``.
            alerts: Whether the platform has alerts, so that a machine of this app hands its failures to them.
            timezone: Time zone of schedules that give none, by its name in the IANA database. The platform publishes
                its own in SSM, as ``/{project}/{stage}/platform/timezone``. Default: each schedule must give its own.
            scheduler: Who starts the batches that do not say: ``aws``, ``rundeck``, ``cron``, ``systemd``,
                ``github-actions``. Default: nobody.
            runner_image: URI of the runner's image. Default: the image ``batchwright`` of the registry.
            repositories: Image to ECR repository, of images that something else manages: its name in the registry, or
                its URI. Default: all are ``{project}/{image}``.
            protected: Whether the stage is protected. Default: what the platform published.
            settings: Values that batches read with `setting`. They are not published.
            stages: Names of all stages, to find a typing error in `choose`.

        Raises:
            DeclarationError: A name has a wrong form.
        """
        Platform.__init__(self, scope, id, stage=stage, project=project, settings=settings, stages=stages)
        names = self._names
        self._has_schedules = schedules
        key_reference = names.key_alias if key is None else stage_key(self._subject, key)
        self._check_home(key_reference, key)
        self._facts = StageFacts(
            names=names,
            place=self._place,
            registry=registry or Place(self._published("registry-account"), self._published("registry-region")),
            cluster=self._published("cluster"),
            subnets=(names.fact("subnets"),),
            security_groups=() if own_security_groups else (names.fact("security-groups"),),
            vpc_id=names.fact("vpc-id") if own_security_groups else "",
            assign_public_ip=self._published("assign-public-ip"),
            key=key_reference,
            history=history,
            deadlines=deadlines,
            timezone=None if timezone is None else check_timezone(self._subject, "timezone", timezone),
            scheduler=check_scheduler(self._subject, "scheduler", NOBODY if scheduler is None else scheduler),
            runner_image=None if runner_image is None else BatchImage.from_uri(runner_image),
            repositories=repositories_of(self._subject, repositories),
            protected=self._published("protected") if protected is None else protected,
            alerts=alerts,
            metrics=alerts,
        )
        annotate(self, self._subject, [timezone] if timezone is not None and is_pending(timezone) else [])

    def need_schedules(self, subject: str) -> None:
        """Sees to it that the platform was said to have schedules.

        Args:
            subject: Whose declaration needs it.

        Raises:
            DeclarationError: It was not.
        """
        if not self._has_schedules:
            raise DeclarationError(
                subject,
                "scheduler",
                f"'aws' was given, and platform {self.stage} is not said to have schedules; allowed: a stage with them",
                remedy="give schedules=True to its BatchPlatform where it is deployed, and to from_deployed here",
            )

    def _published(self, name: str) -> str:
        return ssm.StringParameter.value_for_string_parameter(self, self._names.fact(name))


BatchPlatform.from_deployed = DeployedPlatform
