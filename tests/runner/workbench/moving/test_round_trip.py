"""What an export writes for Rundeck is read as the same batch: the two halves of moving agree."""

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.sizes import OVERLAPS, SCHEDULERS
from batchwright_runner.contract.two_at_once import TwoAtOnce
from batchwright_runner.workbench.exports.job import Job as Exported
from batchwright_runner.workbench.exports.rundeck import job_uuid, rundeck_jobs, to_yaml
from batchwright_runner.workbench.exports.rundeck_settings import RundeckSettings
from batchwright_runner.workbench.moving.rundeck import read_jobs
from tests.runner.contract.schedules.strategies import schedules

SETTINGS = (
    RundeckSettings(),
    RundeckSettings(group="a/{owner}", nodes="tags: x", command="docker run --rm batchwright-runner"),
)
NAMES = st.from_regex(r"[a-z][a-z0-9]{1,9}(-[a-z0-9]{1,9})*", fullmatch=True).filter(lambda name: len(name) <= 40)
WORDS = st.sampled_from(
    ["Mails", "the", "day's", "report", "日報", "(all)", "#3", "50%", "a: b", "to", "finance-systems"]
)
SENTENCES = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


VALUES = st.lists(st.sampled_from(["a", "b c", "d,e", "日", "1"]), min_size=1, unique=True).map(
    lambda all_: tuple(sorted(all_))
)
OPTIONS = st.one_of(
    st.builds(RunOption, name=st.sampled_from(["DATE", "kind"]), description=st.sampled_from(["", "The day"])),
    st.builds(RunOption, name=st.sampled_from(["DATE", "to_"]), pattern=st.just(r"\d{4}-\d\d-\d\d")),
    st.builds(RunOption, name=st.sampled_from(["kind", "to_"]), values=VALUES),
)


@st.composite
def exported(draw: st.DrawFn) -> Exported:
    return Exported(
        project="shop",
        stage=draw(st.sampled_from(["staging", "production"])),
        name=draw(NAMES),
        description=draw(SENTENCES),
        owner=draw(st.sampled_from(["shop", "finance-systems", "Team 日本", "a@example.com"])),
        runbook=draw(st.sampled_from(["", "https://wiki.example.com/a_b?c=d#e"])),
        declared_in=draw(st.sampled_from(["", "batches/a/batch.py"])),
        schedule=draw(st.none() | schedules("Asia/Tokyo")),
        scheduler=draw(st.sampled_from(["", *SCHEDULERS])),
        at_once=TwoAtOnce(draw(st.sampled_from(OVERLAPS))),
        options=draw(st.lists(OPTIONS, max_size=3, unique_by=lambda option: option.name).map(tuple)),
        rundeck_uuid=draw(st.sampled_from(["", "4c0f-1"])),
    )


@settings(max_examples=25, phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink])
@given(st.lists(exported(), min_size=1, max_size=3, unique_by=lambda job: job.name), st.sampled_from(SETTINGS))
def test_an_export_is_read_as_what_was_declared(jobs: list[Exported], of_rundeck: RundeckSettings) -> None:
    jobs = [job if number == 0 else _own(job) for number, job in enumerate(jobs)]
    reading = read_jobs(to_yaml(rundeck_jobs(jobs, of_rundeck)), "jobs.yaml")

    assert not reading.unwritable
    by_name = {job.name: job for job in reading.jobs}
    assert set(by_name) == {job.name for job in jobs}
    for job in jobs:
        read = by_name[job.name]
        assert (read.step.moved, read.step.name, read.step.stage) == (True, job.name, job.stage)
        assert (read.description, read.owner, read.runbook) == (job.description, job.owner, job.runbook)
        assert read.schedule == job.schedule
        if job.schedule is not None:
            assert read.scheduler == ("rundeck" if job.started_by("rundeck") else "nobody")
        assert read.forbids_overlap == job.at_once.refused
        assert [(option.name, option.description, option.pattern, tuple(option.values)) for option in read.options] == [
            (option.name, option.description, option.pattern, tuple(option.values)) for option in job.options
        ]
        assert read.uuid == (job.rundeck_uuid or job_uuid(of_rundeck, job.project, job.stage, job.name))


def _own(job: Exported) -> Exported:
    """A job without a UUID that another one has."""
    return Exported(**{**{name: getattr(job, name) for name in job.__slots__}, "rundeck_uuid": ""})
