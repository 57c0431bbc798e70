"""Who may run which batches of a stage, and the existing resources of these, on which they need rights too.

A grantee has one set of statements, however many batches it may run. Names of what the library makes follow from the
stage's; a role or log group that was there before has a name of its own. Grants and batches may be declared in any
order.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from batchwright.iam import grants, run_policies, sizes, statement_sets
from batchwright.iam.callers import Called, called
from batchwright.iam.policies import Statement
from batchwright.iam.statement_sets import StatementSet
from batchwright.stage.adopted import Adopted, own
from batchwright.stage.facts import StageFacts
from batchwright.task.sizes import ANY_SIZE, LargestSize

if TYPE_CHECKING:
    from aws_cdk.aws_iam import IGrantable


class Callers:
    """The callers of one stage.

    Args:
        subject: The stage, for messages.
        facts: Gives the stage's facts, for a grantee's policy.
    """

    def __init__(self, subject: str, facts: Callable[["IGrantable"], StageFacts]) -> None:
        self._subject = subject
        self._facts = facts
        self._callers: dict[tuple[str, LargestSize], _Caller] = {}
        self._adopted: dict[str, Adopted] = {}
        self._called: dict[str, list[Called]] = {}

    def let_run_all(
        self, method: str, grantee: "IGrantable", existing: Sequence[Adopted] = (), largest: LargestSize = ANY_SIZE
    ) -> None:
        """Lets someone run every batch of the stage.

        Args:
            method: What was called, for messages.
            grantee: The role or user.
            existing: What batches of other apps were given.
            largest: Which sizes it may ask for. Default: any.

        Raises:
            DeclarationError: Nothing can be added to its policy, or Fargate has no such size.
        """
        largest.check(self._subject)
        caller = self._caller(grantee, largest)
        facts = self._facts(grantee)
        runs = replace(run_policies.runs_of_stage(facts.place, facts.names), largest=largest.condition)
        to = statement_sets.receiver(grantee, f"RunsAll{largest.id}")
        grants.add(self._subject, method, to, facts.run_statements(runs))
        caller.runs = None
        for one in (*self._adopted.values(), *existing):
            caller.adopt(one)

    def let_run(
        self,
        subject: str,
        grantee: "IGrantable",
        batches: Sequence[str],
        existing: Sequence[Adopted] = (),
        largest: LargestSize = ANY_SIZE,
    ) -> None:
        """Lets someone run some batches of the stage, and no other.

        Args:
            subject: Who grants, for messages.
            grantee: The role or user.
            batches: Names of the batches.
            existing: What batches of other apps were given.
            largest: Which sizes it may ask for. Default: any.

        Raises:
            DeclarationError: Nothing can be added to its policy, or Fargate has no such size.
        """
        largest.check(subject)
        caller = self._caller(grantee, largest)
        for name in batches:
            self._called.setdefault(name, []).append(called(grantee, "grant_run"))
            caller.run(subject, name, self._adopted.get(name, Adopted()))
        for one in existing:
            caller.adopt(one)

    def of_batch(self, name: str) -> Sequence[Called]:
        """Who was granted one batch, and by which line."""
        return self._called.get(name, [])

    def adopt(self, adopted: Adopted) -> None:
        """Takes in what a batch was given; nothing happens for one that was given nothing.

        Raises:
            DeclarationError: Nothing can be added to a caller's policy.
        """
        if adopted.arns:
            self._adopted[adopted.name] = adopted
            for caller in self._callers.values():
                if caller.runs is None or adopted.name in caller.runs:
                    caller.adopt(adopted)

    def _caller(self, grantee: "IGrantable", largest: LargestSize) -> "_Caller":
        node = getattr(grantee.grant_principal, "node", None)
        key = (node.path if node else f"{id(grantee)}", largest)
        return self._callers.setdefault(key, _Caller(self._subject, grantee, self._facts, largest))


class _Caller:
    """One of them, with what is granted under one limit of sizes.

    Attributes:
        runs: Names of the batches that it may run; ``None`` for all.
    """

    def __init__(
        self, subject: str, grantee: "IGrantable", facts: Callable[["IGrantable"], StageFacts], largest: LargestSize
    ) -> None:
        self.runs: set[str] | None = set()
        self._subject = subject
        self._grantee = grantee
        self._facts = facts
        self._largest = largest
        self._pages: list[_Page] = []
        self._roles: list[str] = []
        self._log_groups: list[str] = []
        self._deadline_roles: list[str] = []
        self._existing: StatementSet | None = None

    def run(self, subject: str, batch: str, adopted: Adopted) -> None:
        """Lets it run a batch."""
        if self.runs is None or batch in self.runs:
            return
        self.runs.add(batch)
        facts = self._facts(self._grantee)
        more = own(facts.place, facts.names, batch, adopted)
        if not self._pages or not self._pages[-1].has_room(facts, more):
            number = len(self._pages)
            limit = self._largest.id
            first = not (number or limit)  # beside what is granted without a limit, its own policy may have no room
            to = statement_sets.receiver(self._grantee, f"Runs{limit}{number or ''}", first=first)
            self._pages.append(_Page(to, self._largest))
        self._pages[-1].add(subject, facts, more)
        self.adopt(adopted)

    def adopt(self, adopted: Adopted) -> None:
        """Lets it use what a batch was given."""
        for arns, known, write in (
            (adopted.roles, self._roles, run_policies.pass_roles),
            (adopted.of_kind("log_group"), self._log_groups, run_policies.read_logs),
            (adopted.of_kind("deadline_role"), self._deadline_roles, run_policies.pass_deadline_roles),
        ):
            new = [arn for arn in dict.fromkeys(arns) if arn not in known]
            if adopted.batch is not None and new and grants.would_need(self._grantee, [write(new)], adopted.batch):
                grants.attach(adopted.batch, self._grantee, [write(new)])
            elif new:
                known += new
                self._existing = self._existing or StatementSet(statement_sets.receiver(self._grantee, "Existing"))
                self._existing.put(self._subject, "grant_run", [write(known)])


class _Page:
    """Batches whose statements are one set: as many as a policy has room for."""

    def __init__(self, grantee: "IGrantable", largest: LargestSize) -> None:
        self._largest = largest
        self._statements = StatementSet(grantee)
        self._batches: list[Adopted] = []
        self._is_one_policy = not statement_sets.splits_itself(grantee)

    def has_room(self, facts: StageFacts, more: Adopted) -> bool:
        """Whether a batch fits in: the CDK splits the policy of a role that it makes, but no statement."""
        statements = self._of(facts, [*self._batches, more])
        parts = [statements] if self._is_one_policy else [[statement] for statement in statements]
        return max(map(sizes.size, parts)) <= statement_sets.PAGE

    def add(self, subject: str, facts: StageFacts, more: Adopted) -> None:
        """Adds a batch."""
        self._batches.append(more)
        self._statements.put(subject, "grant_run", self._of(facts, self._batches))

    def _of(self, facts: StageFacts, batches: Sequence[Adopted]) -> list[Statement]:
        runs = run_policies.runs_of_batches(
            facts.place,
            facts.names,
            [batch.name for batch in batches],
            roles=[role for batch in batches for role in batch.roles],
            log_groups=[group for batch in batches for group in batch.of_kind("log_group")],
            deadline_roles=[role for batch in batches for role in batch.of_kind("deadline_role")],
        )
        return facts.run_statements(replace(runs, largest=self._largest.condition))
