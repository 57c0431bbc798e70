"""A night is played with the installed command and the batches' own machines, and is as it should be."""

from pathlib import Path

from tests.fake_aws import Script, Term, faults, lines
from tests.nights.__main__ import figures, story
from tests.nights.checks import judge
from tests.nights.plan import Batch, Blip, Command, Night, Step
from tests.nights.play import play
from tests.soak.seeded import Outcome

ALLOW = {"overlap": "allow", "stop_timeout_seconds": 3}
SLOW = Script(lines=lines("import"), runs=60.0, term=Term(exit_code=0), stop_timeout=3.0)
NIGHT = Night(
    seed=0,
    number=0,
    batches=[
        Batch(name="import", manifest=ALLOW, scripts=[SLOW]),
        Batch(
            name="mailer", manifest=ALLOW, scripts=[Script(lines=lines("mailer"), runs=4.0, exit_code=3)], machine=True
        ),
    ],
    commands=[
        Command(name="c0", verb="run", batch="import", run="night", renewed=True),
        Command(name="c1", verb="attach", run="night"),
        Command(name="c2", verb="attach", batch="mailer", run="night"),
        Command(name="c3", verb="stop", batch="import", run="night"),
        Command(name="c4", verb="list", foreign="project"),
    ],
    last=[
        Command(name="last0", verb="attach", batch="import", run="night"),
        Command(name="last1", verb="runs", more=["--json"]),
    ],
    steps=[
        Step(at=0.0, do="start", who="c0"),
        Step(at=1.0, do="execute", who="mailer", run="night"),
        Step(at=1.5, do="start", who="c4"),
        Step(at=3.0, do="start", who="c1"),
        Step(at=3.0, do="start", who="c2"),
        Step(at=4.0, do="renew", who="c0"),
        Step(at=7.0, do="start", who="c3"),
    ],
    blips=[Blip(service="scheduler", at=0.0, seconds=3.0, fault=faults.server_error(None))],
)


def test_a_night(tmp_path: Path) -> None:
    facts = play(NIGHT, tmp_path)

    codes = {seen.name: seen.fact.code for seen in facts.observed}
    assert judge(facts) == []
    assert codes == {"c0": 122, "c1": 2, "c2": 3, "c3": 0, "c4": 125, "last0": 122, "last1": 0}
    assert [one.error for one in facts.batches["mailer"].executions] == ["Batchwright.Exit3"]
    assert len({call.outcome for seen in facts.observed for call in seen.fact.calls} & {"InternalFailure"}) == 1
    assert "mailer's execution night begins" in "\n".join(story(facts))
    said = "1 nights, 2 runs, 6 observers, 1 blips, 0 wrong; by code 0:2 122:2 125:1 2:1 3:1"
    assert figures([Outcome(0, NIGHT, facts, [])]) == said
