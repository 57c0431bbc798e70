"""What runs again of a workflow, and what a person has to decide before: the table that plan and machine are held to.

A row's columns are what it shows; the shape, as in `tests.kit.workflow_rows`; the runs before, with ``>`` between them:
how the steps that began ended, ``b=3``, and in brackets those that were declared done, ``(a)``; ``-`` for a new run;
what is asked for, and steps that have succeeded by hand since; then the steps that run, or why none does.
"""

import re
from dataclasses import dataclass

from batchwright_runner.contract.workflows.again import AgainRequest, LineRun
from batchwright_runner.contract.workflows.names import again_id
from batchwright_runner.contract.workflows.rules import StepState
from batchwright_runner.contract.workflows.structure import Structure
from tests.kit.workflow_rows import ended, shape

TABLE = """
what failed, and what was not started       | a b c          | a b=3             |               | b c
what was stopped                            | a b c          | a b=stopped-by-others |           | b c
what was paused                             | a b            | a b=paused        |               | b
what was ended from outside                 | a [b / c] d    | a b=stopped-by-others c |         | b d
nothing had begun                           | a b ; z        |                   |               | a b z
a branch                                    | [a b / c] d    | a=3 c             |               | a b d
a failure at the end                        | a b+ c         | a b=3 c           |               | b
two failures at the end                     | a+ b+ c        | a=3 b=4 c         |               | a b
an ignored failure does not run again       | a b~ c         | a b=3 c=4         |               | c
not even where nobody knows how it ended    | a b~ c         | a b=no-result c=4 |               | c
what always runs                            | a b ; y z      | a b=3 y z         |               | b y z
what always runs has failed alone           | a b ; y z      | a b y=3 z         |               | y z
nothing is left                             | a b ; z        | a b z             |               | refused: nothing is left

again of an again                           | a b c          | a b=3 > (a) b c=4 |               | c
what the first one did counts in the third  | a b c d        | a b=3 > (a) b c=4 > (a b) c d=5 | | d
an again that did not begin                 | a b c          | a b=3 > (a)       |               | b c
and says nothing of what was before it      | a b c          | a b=no-result > (a) |             | refused: whether step step-b succeeded is not known: no result in night
what was said of it counts all the same     | a b c          | a b=3 > (a b)     |               | c
a step that was to run once more            | a b c          | a b c=3 > a=4     |               | a b c
what was said to be done stays so           | a b c          | a b=3 > (a b) c=4 |               | c

from a step                                 | a b c          | a b c=3           | from=b        | b c
from a step that follows the failure        | a b c          | a b=3             | from=c        | refused: step step-b, before step-c, has not succeeded
from a step in a branch                     | [a b / c] d ; z | a b c d=3        | from=b        | b d z
from a step before a group                  | a [b / c] d    | a b c d=3         | from=a        | a b c d
from a step, when all has succeeded         | a b ; z        | a b z             | from=b        | b z
from one that always runs                   | a b ; y z      | a b y z=3         | from=z        | y z
a new run from a step                       | a b c ; z      | -                 | from=b        | b c z
a new run from what always runs             | a ; y z        | -                 | from=z        | z

a step is said to be done                   | a b c          | a b=3             | done=b        | c
all that is left is said to be done         | a b            | a b=3             | done=b        |
what is done is said to be done             | a b            | a b               | done=b        | refused: nothing is left
a new run but for all of them               | a b            | -                 | done=a done=b | refused: nothing is left
a new run from a step but for one           | a b c d        | -                 | from=b done=c | b d
a step both ways                            | a b            | a b=3             | from=b done=b | refused: --from step-b contradicts --done step-b

an end that nobody knows                    | a b c          | a b=no-result     |               | refused: whether step step-b succeeded is not known: no result in night
it is run                                   | a b c          | a b=no-result     | from=b        | b c
it is done                                  | a b c          | a b=no-result     | done=b        | c
from after it does not say whether it is    | a b c          | a b=no-result     | from=c        | refused: whether step step-b
a last step of which nobody knows           | a ; z          | a z=no-result     |               | z

a step was mended by hand                   | a b c          | a b=3             | by-hand=b     | refused: step step-b has succeeded since, for the same time, in hand
it is taken as done                         | a b c          | a b=3             | by-hand=b done=b | c
it runs again all the same                  | a b c          | a b=3             | by-hand=b from=b | b c
one not started was run by hand             | a b c          | a b=3             | by-hand=c     | refused: step step-c has succeeded since
one that is done anyway was run by hand     | a b c          | a b=3             | by-hand=a     | b c

a step that succeeded is gone               | a c            | a b c=3           |               | c
a failed step is gone                       | a c            | a b=3             |               | c
a new step where none is gone               | a n b          | a b=3             |               | n b
a step has another name                     | a n c          | a b c=3           |               | refused: step step-n is new, and step-b is gone: succeeded in night
it is the same                              | a n c          | a b c=3           | done=n        | c
it is another                               | a n c          | a b c=3           | from=n        | n c
a first step has another name               | n b            | a b=3             |               | refused: step step-n is new, and step-a is gone
one is gone of which nobody knows           | n b            | a=no-result       |               | refused: step step-n is new, and step-a is gone: no result in night
one was split in two                        | n m c          | a c=3             | done=n        | refused: step step-m is new, and step-a is gone
two are to be decided                       | a n c          | a b c=no-result   |               | refused: step step-n is new, and step-b is gone: succeeded in night; whether step step-c
what cannot have begun is not new           | a b c n        | g a b=3           |               | b c n
"""  # noqa: E501 - a table


@dataclass(frozen=True)
class AgainRow:
    """A row, read.

    Attributes:
        title: What it shows.
        structure: The shape.
        asked: What is asked for, with the runs before.
        runs: The steps that run, in declared order.
        refused: Why none does; empty where some do.
    """

    title: str
    structure: Structure
    asked: AgainRequest
    runs: tuple[str, ...]
    refused: str

    def __str__(self) -> str:
        """The name of a test's case."""
        return self.title


def line_run(number: int, text: str) -> LineRun:
    """A run of the line as the table says it."""
    done = [f"step-{letter}" for letter in re.findall(r"\w", "".join(re.findall(r"\((.*?)\)", text)))]
    ends = dict(end.partition("=")[::2] for end in re.sub(r"\(.*?\)", "", text).split())
    return LineRun(
        again_id("night", number),
        dict.fromkeys(done, "done"),
        {f"step-{letter}": StepState.of(*ended(end or "0")) for letter, end in ends.items()},
    )


def _row(text: str) -> AgainRow:
    title, form, line, options, end = (column.strip() for column in text.split("|"))
    words = [part.partition("=")[::2] for part in options.split()]

    def named(option: str) -> list[str]:
        return [f"step-{letter}" for name, letter in words if name == option]

    refused = end.removeprefix("refused: ") if end.startswith("refused: ") else ""
    return AgainRow(
        title,
        shape(form),
        AgainRequest(
            by="jane@ops",
            begin=named("from"),
            done=named("done"),
            line=None if line == "-" else [line_run(number, part) for number, part in enumerate(line.split(">"))],
            mended=dict.fromkeys(named("by-hand"), "hand"),
        ),
        () if refused else tuple(f"step-{letter}" for letter in end.split()),
        refused,
    )


ROWS_AGAIN = [_row(line) for line in TABLE.splitlines() if line]
