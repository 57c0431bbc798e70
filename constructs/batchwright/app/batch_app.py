"""The app: registry, platforms and batches of a project, from ``cdk.json`` and ``batches/``."""

import json
import os
import sys
import traceback
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack

from batchwright._start import DEBUG
from batchwright.app.cdk_json import ProjectContext, StageSettings, check_limits, choose_stages, read_project
from batchwright.app.declare import declare, declare_workflow
from batchwright.app.discovery import Table, find_batches, find_workflows, is_class
from batchwright.app.mistakes import explain
from batchwright.arns import Place
from batchwright.assembly.last_look import LastLook
from batchwright.batch import FargateBatch
from batchwright.cdk import known_options
from batchwright.errors import DeclarationError, wrong
from batchwright.names import LOCAL, registry_stack
from batchwright.order import put_after
from batchwright.origins import name_in, of_class
from batchwright.registry.registry import ImageRegistry
from batchwright.stage.platform import BatchPlatform
from batchwright.stage.stacks import StackPerBatch, environment_of
from batchwright.workflows.steps import A_WORKFLOW
from batchwright.workflows.workflow import Workflow
from batchwright_runner.contract.names import TAG_PROJECT, StageNames

NO_TRACES = "aws:cdk:disable-creation-stack-traces"
"""The CDK's context key (aws-cdk-lib 2.275, ``cx-api``). Without it each resource costs a stack trace, which says "jsii
runtime, node internals (no user code in 10 frames)" of whatever Python makes."""


class BatchApp(App):
    """A CDK app of all that a project declares.

    Its stacks are ``{project}-registry`` if ``cdk.json`` says where the registry is, and for each stage
    ``{project}-{stage}-platform`` and one for each batch and each workflow. The context key ``stage`` limits it to one
    stage; ``local``, which is never deployed, appears only then. The registry is shared, so it has the images of all
    stages whichever one is chosen; only the assembly of ``local`` has none.

    Attributes:
        project: The project.
        batches: The batches, of all stages.
        workflows: The workflows, of all stages.
        last_look: What looks at them when all has been declared.
    """

    def __init__(
        self,
        root: Path,
        *,
        context: Mapping[str, Any] | None = None,
        outdir: str | None = None,
        batches: Sequence[type[FargateBatch] | Table] | None = None,
        workflows: Sequence[type[Workflow]] | None = None,
    ) -> None:
        """Declares everything. Synthesis calls no AWS API and looks nothing up.

        Args:
            root: The project's folder, with ``cdk.json`` and ``batches/``.
            context: The app's context. Default: the CDK CLI's; run without the CLI, that of ``cdk.json``.
            outdir: Where to write the assembly. Default: the CLI's choice; without it ``cdk.out`` in ``root``.
            batches: The batches' classes, and functions that make several. Default: those found in ``batches/``.
            workflows: The workflows' classes. Default: those found in ``batches/``; none where ``batches`` are given.

        Raises:
            DeclarationError: A mistake in ``cdk.json`` or in a batch's declaration.
        """
        from_cli = json.loads(os.environ.get("CDK_CONTEXT_JSON") or "null")
        given = dict(context) if context is not None else None if from_cli else read_context(root)
        # Node loses each null of an object, so that an image without a branch would have no repository.
        raw = {**(given or {}), **(from_cli or {})}
        local = (given or from_cli).get("stage") == LOCAL
        super().__init__(
            context=given,
            outdir=outdir or os.environ.get("CDK_OUTDIR") or str(root / "cdk.out"),
            analytics_reporting=False,
            tree_metadata=False if local else None,  # for the CLI's notices; the local stage is never deployed
            post_cli_context=None if _traces_wanted() or NO_TRACES in raw else {NO_TRACES: True},
            **(known_options(builtin_cloud_formation_validation=False) if local else {}),
        )
        self.last_look = LastLook.of(self, project=root)
        keys = ("project", "timezone", "registry", "stages", "stage")
        values = {key: raw[key] if key in raw else self.node.try_get_context(key) for key in keys}
        self.project = read_project(values, raw)
        self.batches: list[FargateBatch] = []
        self.workflows: list[Workflow] = []
        self._platforms: list[Stack] = []
        self._found_workflows = find_workflows(root) if batches is None and workflows is None else [*(workflows or ())]
        classes = find_batches(root) if batches is None else list(batches)
        for batch in classes:
            if is_class(batch):
                self._check_limits("batch", batch)
        for workflow in self._found_workflows:
            self._check_limits("workflow", workflow)
        stages = choose_stages(self.project, values["stage"])
        if stages == [self.project.local]:
            self._stage(self.project.local, None, classes)
            return
        place = self.project.registry if self.project.managed else None
        registry = self._registry(self.project, place) if place else None
        for stage in self.project.stages:
            if stage in stages:
                self._stage(stage, registry, classes)
            elif registry:
                self._images_alone(stage, registry, classes)
        if registry:
            self._order(registry)

    def _order(self, registry: ImageRegistry) -> None:
        """Has the registry deployed before the stages, unless it is empty: CloudFormation takes no stack of nothing."""
        stack = Stack.of(registry)
        if not registry.node.children:
            self.node.try_remove_child(stack.node.id)
            return
        for platform in self._platforms:
            put_after(platform, stack)

    @classmethod
    def run(cls, root: Path) -> None:
        """Declares and synthesizes; what ``app.py`` does. A mistake ends the process with 1 and says what it is.

        Args:
            root: The project's folder.
        """
        app = None
        try:
            app = cls(root)
            app.synth()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a declaration raises gets its line
            if os.environ.get(DEBUG):
                traceback.print_exc()
            lines = explain(error, root, app.last_look.batches if app else ())
            sys.exit("\n".join(f"batchwright: {line}" for line in lines))

    def _check_limits(self, word: str, kind: type[FargateBatch] | type[Workflow]) -> None:
        try:
            check_limits(f"{word} class {kind.__name__}", kind.stages, self.project.stage_names)
        except DeclarationError as error:
            error.origin = of_class(kind, "stages")
            raise

    def _registry(self, project: ProjectContext, place: Place) -> ImageRegistry:
        tags = {TAG_PROJECT: project.name}
        stack = Stack(self, registry_stack(project.name), env=environment_of(place), tags=tags)
        return ImageRegistry(
            stack,
            "Registry",
            project=project.name,
            stages=project.stage_names,
            accounts=[stage.place.account for stage in project.stages],
            images=project.images,
            **project.known_arns,
        )

    def _stage(
        self, stage: StageSettings, registry: ImageRegistry | None, classes: Sequence[type[FargateBatch] | Table]
    ) -> None:
        names = StageNames(self.project.name, stage.name)
        tags = names.tags
        stack = Stack(self, names.platform_stack, env=environment_of(stage.place), tags=tags)
        elsewhere = self.project.registry or (self.project.stages[0].place if stage is self.project.local else None)
        platform = BatchPlatform(
            stack,
            "Platform",
            stage=stage.name,
            project=names.project,
            registry=registry or (None if elsewhere is None else environment_of(elsewhere)),
            repositories=None if registry else self.project.repositories,
            stages=self.project.stage_names,
            timezone=self.project.timezone or None,
            **stage.platform,
        )
        self._platforms.append(stack)
        scope = StackPerBatch(self, stage.name, names=names, place=stage.place, after=stack, tags=tags)
        for batch in classes:
            if not is_class(batch) or _exists_in(stage.name, batch.stages):
                self.batches += declare(batch, scope, platform)
            else:
                lacking = f"which stage {stage.name} lacks: its class says stages={sorted(batch.stages or ())}"
                platform._elsewhere[name_in(batch)] = (
                    f"{lacking}; allowed: a step that the stage has, as steps may differ"
                )
        for workflow in self._found_workflows:
            platform._elsewhere.setdefault(name_in(workflow), A_WORKFLOW)
        for workflow in self._found_workflows:
            if _exists_in(stage.name, workflow.stages):
                self.workflows.append(declare_workflow(workflow, scope, platform))

    def _images_alone(
        self, stage: StageSettings, registry: ImageRegistry, classes: Sequence[type[FargateBatch] | Table]
    ) -> None:
        """Declares a stage that was not chosen, so that the registry gets its images, and takes it out again.

        Which image a batch runs is known only once it has been declared. A registry without the images of the other
        stages would take their repositories out of its stack.
        """
        before, batches = {child.node.id for child in self.node.children}, len(self.batches)
        platforms, workflows = len(self._platforms), len(self.workflows)
        try:
            self._stage(stage, registry, classes)
        except DeclarationError as error:
            problem = f"all stages are read for them, and {stage.name} is one that cannot be deployed: {error}"
            raise DeclarationError("registry", "images", problem) from error
        LastLook.of(self).forget([*self.batches[batches:], *self.workflows[workflows:]])
        del self.batches[batches:]
        del self.workflows[workflows:]
        del self._platforms[platforms:]
        for added in {child.node.id for child in self.node.children} - before:
            self.node.try_remove_child(added)


def _exists_in(stage: str, limits: Collection[str] | None) -> bool:
    """Whether a class is declared in a stage; those of local runs have all."""
    return limits is None or stage in (*limits, LOCAL)


def _traces_wanted() -> bool:
    """Whether someone has asked for the lines of Python that made a construct, as jsii 1.139 reads it."""
    return os.environ.get("JSII_HOST_STACK_TRACES", "").lower() in ("1", "true", "yes")


def read_context(root: Path) -> dict[str, Any]:
    """The context that the CDK CLI would make of ``cdk.json`` and of ``-c key=value`` arguments.

    For an app that runs without the CLI; so its templates are the same as with it.
    """
    try:
        config = json.loads(root.joinpath("cdk.json").read_text(encoding="utf-8"))
        context = dict(config.get("context", {}))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise DeclarationError("cdk.json", "context", f"it cannot be read ({error})") from error
    metadata = {
        "aws:cdk:enable-path-metadata": config.get("pathMetadata", True),
        "aws:cdk:enable-asset-metadata": config.get("assetMetadata", True),
    }
    return {**metadata, **context, **_arguments(sys.argv[1:])}


def _arguments(words: Sequence[str]) -> dict[str, str]:
    pairs = [after for before, after in pairwise(words) if before in ("-c", "--context")]
    for pair in pairs:
        if "=" not in pair:
            raise wrong("command line", "-c", pair, "key=value")
    return dict(pair.split("=", 1) for pair in pairs)
