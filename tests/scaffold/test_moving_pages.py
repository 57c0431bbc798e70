"""The pages of docs/moving: their commands, replayed, start the work once, before, during and after."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_aws import AwsServer
from tests.kit.moving import ACCOUNTS, REGION, cdk_json, definition, job, write_project
from tests.kit.pages import Typed, typed_in
from tests.kit.replay import World

PAGES = Path(__file__).parents[2] / "docs/moving"
THREE = "crontab-copilot-eventbridge.md"
OTHERS = "15 5 * * * /opt/rotate-logs.sh"
"""A line of the crontab that has nothing to do with the move."""
WRAPPED = "/opt/bin/run-batch production shop bundle exec rake "


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    registry = {"account": "333333333333", "region": REGION}
    folder = write_project(tmp_path / "project", json.loads(_one_account(cdk_json(registry=registry))))
    place = f'account = "{ACCOUNTS["production"]}"\nregion = "{REGION}"'
    stages = "".join(f"[stages.{name}]\n{place}\n" for name in ACCOUNTS)
    (folder / "batchwright.toml").write_text(f'project = "shop"\n{stages}')
    with AwsServer(account=ACCOUNTS["production"], region=REGION) as aws:
        yield World(folder, aws, re.compile("orders:close|close-orders|orders-close|run report|run shop"))


def _one_account(data: object) -> str:
    """JSON in which both stages are in one account: the stand-in for AWS is one."""
    return json.dumps(data).replace(ACCOUNTS["staging"], ACCOUNTS["production"])


def definitions() -> dict[str, Any]:
    """The task definitions of the house."""
    return {f"{stage}-shop": json.loads(_one_account(definition("shop", stage))) for stage in ACCOUNTS}


def text_of(page: str, part: str = "") -> str:
    """A page of docs/moving, or what stands under one of its headings."""
    text = (PAGES / page).read_text(encoding="utf-8")
    if not part:
        return text
    _, heading, rest = text.partition(f"\n## {part}\n")
    assert heading, f"{page} has no part {part!r}"
    return re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def replay(
    world: World, page: str, *, part: str = "", fails: str = "", before_way_back: Callable[[], None] | None = None
) -> list[str]:
    """Replays a page, or one part of it. What started the work when all was done is returned for each heading.

    Never do two start it, and what else cron does goes on.

    Args:
        world: The project, and what is around it.
        page: The page.
        part: The heading of the part. Default: the whole page.
        fails: What is in a command that may fail.
        before_way_back: Looks at the world after the cut-over.
    """
    world.crontab += f"{OTHERS}\n"
    text = text_of(page, part)
    before = world.starters()
    assert len(before) == 1, before
    ends = []
    for section in re.split(r"^##+ ", text, flags=re.MULTILINE):
        if before_way_back is not None and section.startswith("The way back"):
            before_way_back()
        for typed in typed_in(section):
            code = world.run(typed)
            assert code == 0 or (fails and fails in typed.command), (typed.command, world.printed)
            assert len(world.starters()) <= 1, (typed.command, world.starters())
            assert OTHERS in world.crontab.splitlines(), typed.command
            _check(typed, world.printed)
        if typed_in(section):
            ends += world.starters()
            assert len(world.starters()) == 1, section
    assert ends[-1] == before[0] or page == "rundeck-ecs-task.md"
    return ends


def _check(typed: Typed, printed: str) -> None:
    """What the page shows is what was printed; an ellipsis stands for anything."""
    lines = printed.splitlines()
    for line in typed.shown:
        pattern = ".*".join(map(re.escape, line.split("…")))
        assert any(re.fullmatch(pattern, shown) for shown in lines), (typed.command, line, printed)


def batch_jobs(world: World) -> list[str]:
    """The jobs that start a batch: all but the one that looks for missed runs."""
    return [uuid for uuid, entry in world.jobs.items() if entry["name"] != "missed_runs"]


def test_rundeck(world: World) -> None:
    jobs = [job("Close orders", f"{WRAPPED}orders:close"), job("recount", f"{WRAPPED}points:count", schedule=None)]
    world.jobs = {entry["uuid"]: entry for entry in jobs}
    world.definitions = definitions()

    def rundeck_starts_the_batch() -> None:
        moved = world.jobs[jobs[0]["uuid"]]
        assert moved["sequence"]["commands"][0]["exec"] == (
            "batchwright run close-orders -s production --scheduled ${job.executionType} --again=${option.AGAIN}"
        )
        assert moved["schedule"]["time"] == {"hour": "2", "minute": "30", "seconds": "0"}
        looked.append(batch_jobs(world))

    looked: list[list[str]] = []
    replay(world, "rundeck-ecs-task.md", fails="--step", before_way_back=rundeck_starts_the_batch)

    assert looked == [[job["uuid"] for job in jobs]]  # none was added, and the one that starts the batch has its old id
    assert batch_jobs(world) == [job["uuid"] for job in jobs]
    assert (world.folder / "batches/recount/batch.py").is_file()


def test_crontab(world: World) -> None:
    world.crontab = "30 2 * * * cd /srv/shop && rake orders:close >> log 2>&1\n0 4 * * * /opt/sync.sh\n"

    ends = replay(world, THREE, part="From a crontab")

    assert "cron 30 2 * * * batchwright run orders-close -s production --scheduled scheduled" in ends


def of_copilot() -> dict[str, Any]:
    """A task definition in the form of Copilot's template (aws/copilot-cli, scheduled-job/cf.yml, 2026-11)."""
    data: dict[str, Any] = json.loads(_one_account(definition("shop-prod-report", "production")))
    (container,) = data["taskDefinition"]["containerDefinitions"]
    container["name"], container["image"] = "report", container["image"].replace(":production", ":44143e0")
    container["environment"] = [{"name": f"COPILOT_{name}_NAME", "value": name} for name in ("APPLICATION", "SERVICE")]
    container["secrets"] = [{"name": "DB_PASSWORD", "valueFrom": "/copilot/shop/prod/secrets/DB_PASSWORD"}]
    data["taskDefinition"]["family"] = "shop-prod-report"
    return data


def test_copilot(world: World) -> None:
    world.rules = {"shop-prod-report-Rule-1A2B3C4D5E6F": True}
    world.definitions = {"shop-prod-report": of_copilot()}

    def what_the_page_adds_is_declared() -> None:
        file = world.folder / "batches/report/batch.py"
        source = file.read_text()
        (added,) = re.findall(r"```python\n(.*?)```", text_of(THREE, "From AWS Copilot"), re.DOTALL)
        assert 'Secret.existing("DB_PASSWORD", "/copilot/shop/prod/secrets/DB_PASSWORD")' in source
        written = source.replace("from aws_cdk import ", "from aws_cdk import Duration\nfrom aws_cdk import ", 1)
        written = written.replace("Secret\n", "Schedule, Secret\n", 1)
        file.write_text(written.replace('            scheduler="nobody"', f'{added}            scheduler="nobody"'))
        world.run(Typed("cdk deploy shop-production-report", ()))
        (manifest,) = world.folder.glob("cdk.out/batches/production/report.json")
        data = json.loads(manifest.read_text())["manifest"]
        assert (data["schedule"], data["timeout_seconds"]) == ("0 9 * * MON-FRI UTC", 3600)

    ends = replay(world, THREE, part="From AWS Copilot", before_way_back=what_the_page_adds_is_declared)

    assert "cron 0 9 * * 1-5 batchwright run report -s production --scheduled scheduled" in ends


def test_cdk_and_eventbridge(world: World) -> None:
    world.rules = {"shop-nightly": True}
    world.definitions = definitions()

    ends = replay(world, THREE, part="From CDK and EventBridge")

    assert "cron 30 2 * * * batchwright run shop -s production --scheduled scheduled" in ends


@pytest.mark.parametrize(
    ("page", "part"),
    [
        ("rundeck-ecs-task.md", ""),
        ("terraform.md", ""),
        (THREE, "From a crontab"),
        (THREE, "From AWS Copilot"),
        (THREE, "From CDK and EventBridge"),
    ],
)
def test_each_page_says_who_owns_what_and_the_way_back(page: str, part: str) -> None:
    text = text_of(page, part)

    assert "\n## Who owns what\n" in text_of(page)
    for heading in ("One batch first", "Old and new side by side", "The cut-over", "The way back"):
        assert re.search(f"^{'###' if part else '##'} {heading}$", text, re.MULTILINE)
