"""A stack for each batch, so that one batch's deployment cannot touch another's; and further stacks of a construct."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import jsii
from aws_cdk import Aspects, Environment, IAspect, Stack
from constructs import Construct, IConstruct

from batchwright.arns import Place
from batchwright.errors import DeclarationError
from batchwright.names import TAG_OWNER
from batchwright.order import put_after
from batchwright.tokens import is_token
from batchwright_runner.contract.names import TAG_BATCH, StageNames


def scope_for(scope: Construct, batch: str, declared: type, owner: str) -> Construct:
    """Where a batch is made: under a `StackPerBatch` in a stack of its own, under anything else right there."""
    if not isinstance(scope, StackPerBatch):
        return scope
    return scope.stack_for(batch, f"{declared.__module__}.{declared.__qualname__}", owner)


@contextmanager
def named_once(subject: str, scope: Construct, name: str) -> Iterator[None]:
    """Has a construct that its scope has a namesake of say so: CDK's own error names no batch, and no way out."""
    try:
        yield
    except RuntimeError as error:
        if "There is already a Construct with name" not in str(error):
            raise
        problem = (
            f"{scope.node.path or 'the app'} has a construct of this name already; allowed: each name once in a scope, "
            "or another scope, such as Construct(stack, 'Batches')"
        )
        raise DeclarationError(subject, "name", f"{name!r} was given, and {problem}") from None


def check_place(subject: str, scope: Construct, batch: Construct, place: Place) -> None:
    """Raises if a batch is declared in a stack of another account or region than its platform.

    All its names, ARNs and policies are those of the platform's.
    """
    here = scope.place if isinstance(scope, StackPerBatch) else Place(Stack.of(batch).account, Stack.of(batch).region)
    for word, own, theirs in (("account", here.account, place.account), ("region", here.region, place.region)):
        if own != theirs and not is_token(own) and not is_token(theirs):
            raise DeclarationError(
                subject,
                "scope",
                f"its stack {Stack.of(batch).stack_name} is in {word} {own}, and its platform in {theirs}; allowed: a "
                "stack of the platform's account and region",
            )


def environment_of(place: Place) -> Environment:
    """A place as CDK takes it for a stack."""
    return Environment(account=place.account, region=place.region)


def stack_beside(
    subject: str, construct: Construct, name: str, tags: Mapping[str, str], *, first: bool = False
) -> Stack:
    """A further stack of a construct: beside its own, deployed after that, and like it.

    It has the account and region, the synthesizer, the termination protection and the tags of the construct's stack,
    and the aspects of both, such as tags and permissions boundaries. What cannot be read from the CDK is not taken
    over: ``notification_arns``, and options of the template's form.

    `first`: it is deployed before its construct's own stack.
    """
    own = Stack.of(construct)
    while own.nested_stack_parent is not None:
        own = own.nested_stack_parent
    stack = _synthesized_alike(
        subject,
        own,
        name,
        stack_name=name,
        env=_known_environment(own),
        tags={**own.tags.tag_values(), **tags},
        termination_protection=own.termination_protection,
    )
    put_after(*((own, stack) if first else (stack, own)))
    scopes = construct.node.scopes
    below = scopes[[scope.node.path for scope in scopes].index(own.node.path) :]
    Aspects.of(Construct(construct, f"Alike-{name}")).add(_Alike(own, below, stack))
    return stack


def _synthesized_alike(subject: str, own: Stack, name: str, **arguments: Any) -> Stack:  # noqa: ANN401 - those of Stack
    """A stack with the synthesizer of another one; with the app's where that one has it, too, which is bound to it."""
    scope, synthesizer = cast("Construct", own.node.scope), own.synthesizer
    try:
        return Stack(scope, name, synthesizer=synthesizer, **arguments)
    except RuntimeError as error:
        if "can only be used for one Stack" not in str(error):
            raise
        scope.node.try_remove_child(name)
    stack = Stack(scope, name, **arguments)
    if type(stack.synthesizer) is not type(synthesizer):
        problem = (
            f"the stack {name} is made for it, and the {type(synthesizer).__name__} of {own.stack_name} serves one "
            "stack alone; allowed: a synthesizer that can be used again, such as DefaultStackSynthesizer(…)"
        )
        raise DeclarationError(subject, name.rpartition("-")[2], problem)
    return stack


@jsii.implements(IAspect)
class _Alike:
    """Has a stack treated as another one, as that one is by the time at which aspects are called.

    It is called once, for a construct without children. The stack comes later in the tree, and so with its new aspects.
    """

    def __init__(self, own: Stack, scopes: list[IConstruct], stack: Stack) -> None:
        self._own, self._scopes, self._stack = own, scopes, stack

    def visit(self, node: IConstruct) -> None:  # noqa: ARG002 - as CDK calls it
        self._stack.termination_protection = self._own.termination_protection
        for scope in self._scopes:
            for application in Aspects.of(scope).applied:
                Aspects.of(self._stack).add(application.aspect, priority=application.priority)
        self._scopes = []


def _known_environment(stack: Stack) -> Environment:
    """Account and region of a stack; none that only a deployment knows."""
    account, region = (None if is_token(value) else value for value in (stack.account, stack.region))
    return Environment(account=account, region=region)


def deployed_after(scope: Construct, platform: Construct) -> list[Construct]:
    """What of a platform a batch must depend on to be deployed after it: nothing where its stack does so anyway."""
    return [] if isinstance(scope, StackPerBatch) else [platform]


class StackPerBatch(Construct):
    """The scope in which an app declares a stage's batches: each batch gets a stack of its own beside it.

    A batch's name is known only once its class has been entered; so the batch asks for its stack itself.

    `folder`: the folder of the ``batch.py`` whose function is making batches; ``None`` while classes make them.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: StageNames,
        place: Place,
        after: Stack,
        tags: Mapping[str, str],
    ) -> None:
        """Makes the scope."""
        super().__init__(scope, id)
        self._app = scope
        self._names = names
        self.place = place
        self._env = environment_of(place)
        self._after = after
        self._tags = tags
        self._made: dict[str, str] = {}
        self.folder: Path | None = None

    @contextmanager
    def declared_in(self, folder: Path) -> Iterator[None]:
        """Has the batches that are made meanwhile belong to a folder: a function there makes them, and no class.

        `folder`: the folder of the ``batch.py``.
        """
        self.folder = folder
        try:
            yield
        finally:
            self.folder = None

    def stack_for(self, batch: str, declared_by: str = "another", owner: str = "") -> Stack:
        """Makes the stack of a batch.

        `owner`: its owner, as a tag has it; empty where it is not known.
        """
        if self.folder:
            declared_by = f"a batch of {self.folder.parent.name}/{self.folder.name}"
        if batch in self._made:
            both = f"{self._made[batch]} and {declared_by} have it"
            raise DeclarationError(f"batch {batch}", "name", f"{both}; allowed: each name once")
        self._made[batch] = declared_by
        tags = {**self._tags, TAG_BATCH: batch, **({TAG_OWNER: owner} if owner else {})}
        stack = Stack(self._app, self._names.family(batch), env=self._env, tags=tags)
        put_after(stack, self._after)
        return stack
