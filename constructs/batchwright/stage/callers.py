"""Who may run which batches of a stage, and the existing resources of these, on which they need rights too.

A grantee has one set of statements, however many batches it may run. Names of what the library makes follow from the
stage's; a role or log group that was there before has a name of its own. Grants and batches may be declared in any
order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from batchwright.iam import grants, run_policies, statement_sets
from batchwright.iam.callers import GrantedCaller
from batchwright.iam.policies import Statement
from batchwright.iam.run_policies import RunScope
from batchwright.iam.statement_sets import StatementSet
from batchwright.origins import caller as calling_line
from batchwright.stage.adopted import Adopted, own
from batchwright.stage.facts import StageFacts
from batchwright.task.sizes import ANY_SIZE, LargestSize

if TYPE_CHECKING:
    from aws_cdk.aws_iam import IGrantable, IPrincipal


class Callers:
    """The callers of one stage."""

    def __init__(self, subject: str, facts: Callable[["IGrantable"], StageFacts]) -> None:
        self._subject = subject
        self._facts = facts
        self._callers: dict[tuple[str, LargestSize], _Caller] = {}
        self._adopted: dict[str, Adopted] = {}
        self._granted: dict[str | None, list[GrantedCaller]] = {}

    def let_run(
        self,
        subject: str,
        grantee: "IGrantable",
        batches: Sequence[str] | None,
        existing: Sequence[Adopted] = (),
        largest: LargestSize = ANY_SIZE,
        *,
        method: str = "grant_run",
    ) -> None:
        """Lets someone run batches of the stage.

        `batches`: names of the batches; ``None`` for every batch of the stage, those declared later too.
        """
        largest.check(subject)
        caller = self._caller(grantee, largest, grants.principal_of(subject, method, grantee))
        if batches is None:
            caller.run_all(subject, method)
            existing = [*self._adopted.values(), *existing]
            self.note(grantee, "grant_run")
        for name in batches or ():
            self.note(grantee, "grant_run", name)
            caller.run(subject, name, self._adopted.get(name, Adopted()))
        for adopted in existing:
            caller.adopt(adopted)

    def note(self, grantee: "IGrantable", grant: str, batch: str | None = None) -> None:
        """Notes a grant, with the line that asked for it: of one batch, or of all of the stage."""
        self._granted.setdefault(batch, []).append(GrantedCaller(grantee, grant, calling_line()))

    def of(self, batch: str) -> Mapping[str, Sequence[GrantedCaller]]:
        """Who was granted something, and by which line: of the batch alone, and of the whole stage."""
        return {"batch": self._granted.get(batch, []), "stage": self._granted.get(None, [])}

    def adopt(self, adopted: Adopted) -> None:
        """Takes in what a batch was given; nothing happens for one that was given nothing."""
        if adopted.arns:
            self._adopted[adopted.name] = adopted
            for caller in self._callers.values():
                if caller.runs is None or adopted.name in caller.runs:
                    caller.adopt(adopted)

    def _caller(self, grantee: "IGrantable", largest: LargestSize, principal: "IPrincipal") -> "_Caller":
        node = getattr(principal, "node", None)
        key = (node.path if node else f"{id(grantee)}", largest)
        return self._callers.setdefault(key, _Caller(self._subject, grantee, self._facts, largest))


class _Caller:
    """A role, user or group, with what is granted under one limit of sizes.

    `runs`: names of the batches that it may run; ``None`` for all.
    """

    def __init__(
        self, subject: str, grantee: "IGrantable", facts: Callable[["IGrantable"], StageFacts], largest: LargestSize
    ) -> None:
        self.runs: set[str] | None = set()
        self._subject = subject
        self._grantee = grantee
        self._facts = facts
        self._largest = largest
        self._pages: list[StatementSet] = []
        self._on_last_page: list[Adopted] = []
        self._existing = StatementSet(grantee, "Existing")

    def run_all(self, subject: str, method: str) -> None:
        """Lets it run every batch of the stage."""
        facts = self._facts(self._grantee)
        to = statement_sets.receiver(self._grantee, f"RunsAll{self._largest.id}")
        statements = self._statements(facts, run_policies.runs_of_stage(facts.place, facts.names))
        grants.add(subject, method, to, statements)
        self.runs = None

    def run(self, subject: str, batch: str, adopted: Adopted) -> None:
        """Lets it run a batch: as many are one set of statements as a policy has room for."""
        if self.runs is None or batch in self.runs:
            return
        self.runs.add(batch)
        facts = self._facts(self._grantee)
        batches = [*self._on_last_page, own(facts.place, facts.names, batch, adopted)]
        statements = self._of_batches(facts, batches)
        if not self._pages or not self._pages[-1].has_room(statements):
            number, limit = len(self._pages), self._largest.id
            first = not (number or limit)  # beside what is granted without a limit, its own policy may have no room
            self._pages.append(StatementSet(self._grantee, f"Runs{limit}{number or ''}", first=first))
            batches = batches[-1:]
            statements = self._of_batches(facts, batches)
        self._on_last_page = batches
        self._pages[-1].put(subject, "grant_run", statements)
        self.adopt(adopted)

    def adopt(self, adopted: Adopted) -> None:
        """Lets it use what a batch was given."""
        for arns, statement_of in (
            (adopted.roles, run_policies.pass_roles),
            (adopted.of_kind("log_group"), run_policies.read_logs),
            (adopted.of_kind("deadline_role"), run_policies.pass_deadline_roles),
        ):
            if arns:
                self._existing.put(self._subject, "grant_run", [statement_of(arns)], beside=adopted.batch)

    def _of_batches(self, facts: StageFacts, batches: Sequence[Adopted]) -> list[Statement]:
        runs = run_policies.runs_of_batches(
            facts.place,
            facts.names,
            [batch.name for batch in batches],
            roles=[role for batch in batches for role in batch.roles],
            log_groups=[group for batch in batches for group in batch.of_kind("log_group")],
            deadline_roles=[role for batch in batches for role in batch.of_kind("deadline_role")],
        )
        return self._statements(facts, runs)

    def _statements(self, facts: StageFacts, runs: RunScope) -> list[Statement]:
        return facts.run_statements(replace(runs, largest=self._largest.condition))
