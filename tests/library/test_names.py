"""Names, held against the limits of the services that get them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright import DeclarationError
from batchwright.names import check_batch, check_image, check_project, check_stage, check_variables, registry_stack
from batchwright_runner.contract.names import RESERVED, SHARED, TOGETHER, StageNames, image_tag, repository

PROJECTS = st.from_regex(r"[a-z][a-z0-9]{1,19}", fullmatch=True).filter(
    lambda name: not name.startswith(("aws", "ssm"))
)
STAGES = st.from_regex(r"[a-z][a-z0-9]{1,11}", fullmatch=True)
NAMES = st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fullmatch=True).filter(lambda name: 2 <= len(name) <= 40)


def accepted(project: str, stage: str, batch: str) -> bool:
    try:
        check_project(project)
        check_stage(stage)
        check_batch(batch, project, [stage])
    except DeclarationError:
        return False
    return True


@given(PROJECTS, STAGES, NAMES)
def test_names_that_are_accepted_fit_every_service(project: str, stage: str, batch: str) -> None:
    if not accepted(project, stage, batch):
        assert batch in RESERVED or len(project + stage + batch) > TOGETHER
        return
    names = StageNames(project, stage)

    roles = [names.task_role(batch), names.execution_role(batch), names.deadline_role(batch)]
    for role in (*roles, names.machine_role(batch), names.schedules):
        assert re.fullmatch(r"[\w+=,.@-]{1,64}", role)
    assert re.fullmatch(r"[0-9A-Za-z_-]{1,80}", names.family(batch))  # the machine
    assert re.fullmatch(r"[0-9A-Za-z_-]{1,80}", names.schedules)  # the queue
    assert re.fullmatch(r"[0-9A-Za-z_.-]{1,64}", batch)  # the schedule
    assert re.fullmatch(r"/[!-~]{1,510}/", names.role_path)
    for stack in (names.platform_stack, names.family(batch), registry_stack(project)):
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", stack)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,255}", names.family(batch))  # the family
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,255}", names.cluster)
    assert re.fullmatch(r"[0-9A-Za-z_.-]{1,64}", names.deadline_group)
    assert re.fullmatch(r"alias/(?!aws/)[A-Za-z0-9/_-]{1,250}", names.key_alias)
    assert re.fullmatch(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*", repository(project, batch))
    assert 2 <= len(repository(project, batch)) <= 256
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", image_tag(names.stage))
    for group in (names.log_group(batch), names.history_log_group):
        assert re.fullmatch(r"[.\-_/#A-Za-z0-9]{1,512}", group)
    for parameter in (names.manifest(batch), names.value(batch, "X"), names.value(SHARED, "X"), names.release(batch)):
        assert re.fullmatch(r"/(?!aws|ssm)[A-Za-z0-9_.\-/]{1,900}", parameter)
        assert parameter.count("/") <= 15


@given(PROJECTS, STAGES, NAMES, PROJECTS, STAGES, NAMES)
def test_two_batches_share_no_name(p1: str, s1: str, b1: str, p2: str, s2: str, b2: str) -> None:
    if (p1, s1, b1) == (p2, s2, b2) or not (accepted(p1, s1, b1) and accepted(p2, s2, b2)):
        return
    first, second = StageNames(p1, s1), StageNames(p2, s2)

    def all_names(names: StageNames, batch: str) -> set[str]:
        of_the_batch = {names.family(batch), names.task_role(batch), names.log_group(batch), names.manifest(batch)}
        of_the_batch |= {names.execution_role(batch), names.deadline_role(batch)}
        of_the_stage = {names.platform_stack, names.history_log_group}
        return of_the_batch | (of_the_stage if (p1, s1) != (p2, s2) else set())

    assert not all_names(first, b1) & all_names(second, b2)


def test_the_longest_names_are_just_accepted() -> None:
    longest = "a" * (TOGETHER - len("batches") - len("production"))

    check_batch(longest, "batches", ["staging", "production"])
    assert len(StageNames("batches", "production").task_role(longest)) == 64


def test_the_length_is_checked_for_every_stage() -> None:
    name = "a" * 40

    check_batch(name, "batches", ["staging"])
    with pytest.raises(DeclarationError, match=r"stage 'production' and batch 'a+' have 60 characters .* allowed: 57"):
        check_batch(name, "batchesabc", ["staging", "production"])


@pytest.mark.parametrize("name", ["", "a", "Report", "daily_report", "daily--report", "a-", "1a", "a" * 41, "日報"])
def test_bad_names_of_batches_and_images(name: str) -> None:
    with pytest.raises(DeclarationError, match=f"^batch {name}: name: '{name}' was given; allowed: 2 to 40"):
        check_batch(name, "batches", ["staging"])
    with pytest.raises(DeclarationError, match=f"^batch x: image: '{name}' was given; allowed: 2 to 40"):
        check_image("batch x", name)


@pytest.mark.parametrize("name", ["shared", "local", "batchwright"])
def test_reserved_names(name: str) -> None:
    with pytest.raises(DeclarationError, match=f"^batch {name}: name: '{name}' is reserved; so are "):
        check_batch(name, "batches", ["staging"])


@pytest.mark.parametrize("name", ["", "a", "1a", "a-b", "a_b", "A1", "a" * 21, "aws", "awsome", "ssmx"])
def test_bad_projects(name: str) -> None:
    with pytest.raises(DeclarationError, match=f"^project: name: '{name}' was given; allowed: 2 to 20"):
        check_project(name)


@pytest.mark.parametrize("name", ["", "a", "1a", "pre-prod", "Prod", "a" * 13])
def test_bad_stages(name: str) -> None:
    with pytest.raises(DeclarationError, match=f"^stage: name: '{name}' was given; allowed: 2 to 12"):
        check_stage(name)


@pytest.mark.parametrize("variable", ["", "1A", "A-B", "A B", "Ä", "A=B", 3, None])
def test_bad_variables(variable: object) -> None:
    with pytest.raises(DeclarationError, match=r"^batch x: environment: .* was given; allowed: names of letters"):
        check_variables("batch x", "environment", [variable])  # type: ignore[list-item]
