"""A stack for each batch, so that one batch's deployment cannot touch another's."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from aws_cdk import Environment, Stack
from constructs import Construct

from batchwright.arns import Place
from batchwright.errors import DeclarationError
from batchwright.names import StageNames
from batchwright.tokens import is_token
from batchwright_runner.contract.names import TAG_BATCH


def scope_for(scope: Construct, batch: str, declared: type) -> Construct:
    """Where a batch is made: under a `StackPerBatch` in a stack of its own, under anything else right there.

    Args:
        scope: The scope that the batch was given.
        batch: The batch's name.
        declared: Its class.

    Raises:
        DeclarationError: The stage has a batch of this name already.
    """
    if not isinstance(scope, StackPerBatch):
        return scope
    return scope.stack_for(batch, f"{declared.__module__}.{declared.__qualname__}")


def check_place(subject: str, scope: Construct, batch: Construct, place: Place) -> None:
    """Raises if a batch is declared in a stack of another account or region than its platform.

    All its names, ARNs and policies are those of the platform's.

    Args:
        subject: Whose declaration it is.
        scope: The scope that the batch was given.
        batch: The batch.
        place: Account and region of the platform.

    Raises:
        DeclarationError: With both places; one that only a deployment knows is not compared.
    """
    here = scope.place if isinstance(scope, StackPerBatch) else _place_of(Stack.of(batch))
    for what, own, theirs in (("account", here.account, place.account), ("region", here.region, place.region)):
        if own != theirs and not is_token(own) and not is_token(theirs):
            raise DeclarationError(
                subject,
                "scope",
                f"its stack {Stack.of(batch).stack_name} is in {what} {own}, and its platform in {theirs}; allowed: a "
                "stack of the platform's account and region",
            )


def _place_of(stack: Stack) -> Place:
    """Account and region of a stack, as far as they are known."""
    return Place(stack.account, stack.region)


def environment_of(place: Place) -> Environment:
    """A place as CDK takes it for a stack."""
    return Environment(account=place.account, region=place.region)


def folder_in(scope: Construct) -> Path | None:
    """The folder that a batch of a scope belongs to; ``None`` where its class says."""
    return scope.folder if isinstance(scope, StackPerBatch) else None


class StackPerBatch(Construct):
    """The scope in which an app declares a stage's batches: each batch gets a stack of its own beside it.

    A batch's name is known only once its class has been entered; so the batch asks for its stack itself.

    Attributes:
        place: Account and region of the stacks.
        folder: The folder of the ``batch.py`` whose function is making batches; ``None`` while classes make them.
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
        """Makes the scope.

        Args:
            scope: The app.
            id: The construct's id.
            names: Names of the stage.
            place: Account and region of the stage.
            after: The stack that is deployed before a batch's.
            tags: Tags of the stacks.
        """
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

        Args:
            folder: The folder of the ``batch.py``.
        """
        self.folder = folder
        try:
            yield
        finally:
            self.folder = None

    def stack_for(self, batch: str, declared_by: str = "another") -> Stack:
        """Makes the stack of a batch.

        Args:
            batch: Its name.
            declared_by: Its class, for messages.

        Raises:
            DeclarationError: The stage has a batch of this name already.
        """
        if batch in self._made:
            both = f"{self._made[batch]} and {declared_by} have it"
            raise DeclarationError(f"batch {batch}", "name", f"{both}; allowed: each name once")
        self._made[batch] = declared_by
        tags = {**self._tags, TAG_BATCH: batch}
        stack = Stack(self._app, self._names.stack(batch), env=self._env, tags=tags)
        stack.add_stack_dependency(self._after)
        return stack
