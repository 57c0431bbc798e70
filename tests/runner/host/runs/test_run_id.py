import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.contract.starters import who_started
from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.run_id import STARTED_BY, RunId, client_token, run_id, without_run_id

NONCE = "0123456789abcdef"
RUNDECK = {"RD_JOB_EXECID": "4711", "RD_JOB_SERVERURL": "https://rundeck.example.com:4443/"}
GITHUB = {"GITHUB_RUN_ID": "9", "GITHUB_RUN_ATTEMPT": "2", "GITHUB_JOB": "nightly", "GITHUB_REPOSITORY": "org/repo"}
CIRCLE = {"CIRCLECI": "true", "CIRCLE_WORKFLOW_JOB_ID": "ab-cd"}


@pytest.mark.parametrize(
    ("environment", "text"),
    [
        ({}, "run-0123456789ab"),
        (RUNDECK, "rundeck/rundeck-example-com-4443/4711"),
        (GITHUB, "github/org/repo/9/2/nightly"),
        (CIRCLE, "circleci/ab-cd"),
    ],
)
def test_an_id_that_is_not_given_only_names_the_run(environment: dict[str, str], text: str) -> None:
    assert run_id(None, environment, NONCE) == RunId(text, given=False)


def test_a_random_id_says_who_calls() -> None:
    run = run_id(None, {}, NONCE, "alice.b@laptop-7.example.com")

    assert (run, run.started_by) == (RunId("run-0123456789ab/alice-b/laptop-7", given=False), run.text)
    assert run_id(None, RUNDECK, NONCE, "alice@laptop").text.startswith("rundeck/")


@given(st.text(max_size=300))
def test_whoever_calls_ecs_takes_the_random_id_as_it_is(who: str) -> None:
    run = run_id(None, {}, NONCE, who)

    assert run.started_by == run.text


@pytest.mark.parametrize(
    ("started_by", "who"),
    [
        ("rundeck/rundeck-example-com-4443/4711", "Rundeck 4711"),
        ("rundeck/4711", "Rundeck 4711"),
        ("github/org/repo/9/2/nightly", "GitHub repo nightly"),
        ("github/9/2/nightly", "GitHub"),
        ("circleci/ab-cd", "CircleCI"),
        ("run-0123456789ab/alice/laptop-7", "alice@laptop-7"),
        ("run-0123456789ab", "-"),
        ("AWS Step Functions", "Step Functions"),
        ("orders-load-0123456789abcdef0123456789abcdef", "a workflow"),
        ("events-rule/nightly", "rule nightly"),
        ("chronos-schedule/nightly", "schedule nightly"),
        ("nightly-2026-11-25", "nightly-2026-11-25"),
        ("rundeck/rundeck-example-com-4443/4711-again-2", "Rundeck 4711, again 2"),
        ("nightly-again-1", "nightly-again-1"),
        ("", "-"),
    ],
)
def test_an_id_says_who_started_the_run(started_by: str, who: str) -> None:
    assert who_started(started_by) == who


def test_a_given_id_wins() -> None:
    assert run_id("night", RUNDECK, NONCE) == RunId("night", given=True)


@given(st.text(min_size=1, max_size=200), st.booleans())
def test_ecs_takes_every_id_and_token(text: str, given_: bool) -> None:
    run = RunId(text, given_)

    assert STARTED_BY.fullmatch(run.started_by)
    assert len(client_token("p", "s", "b", run, 1, NONCE)) == 64


def test_an_id_that_ecs_takes_is_kept() -> None:
    assert RunId("rundeck/a-b_c/1", given=False).started_by == "rundeck/a-b_c/1"


def test_only_a_given_id_makes_the_same_token_in_another_process() -> None:
    given_run, derived = RunId("night", given=True), RunId("night", given=False)

    assert client_token("p", "s", "b", given_run, 1, "one") == client_token("p", "s", "b", given_run, 1, "two")
    assert client_token("p", "s", "b", derived, 1, "one") != client_token("p", "s", "b", derived, 1, "two")
    assert client_token("p", "s", "b", derived, 1, "one") == client_token("p", "s", "b", derived, 1, "one")


def test_attempts_batches_and_stages_have_tokens_of_their_own() -> None:
    run = RunId("night", given=True)
    tokens = {
        client_token("p", "s", "b", run, 1, ""),
        client_token("p", "s", "b", run, 2, ""),
        client_token("p", "s", "c", run, 1, ""),
        client_token("p", "t", "b", run, 1, ""),
        client_token("q", "s", "b", run, 1, ""),
    }

    assert len(tokens) == 5


@pytest.mark.parametrize("named", [["--run-id", "night"], ["--run-id=night"], []])
def test_a_command_that_makes_another_run_has_not_the_id_of_this_one(named: list[str]) -> None:
    before, after = ["run", "hello", "-s", "staging"], ["--timeout", "1m", "--", "sh", "--run-id", "x"]

    assert without_run_id([*before, *named, *after]) == [*before, *after]


@pytest.mark.parametrize("text", ["", " ", "hello@latest", "@latest", "arn:aws:ecs:eu-west-1:111111111111:task/c/1"])
def test_an_id_that_joins_nothing_or_that_no_verb_finds_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--run-id .*is refused"):
        run_id(text, RUNDECK, NONCE)
