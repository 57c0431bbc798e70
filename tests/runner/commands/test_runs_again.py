"""What ``runs`` says last, and ``resume`` of what is not paused: how to run again what has failed."""

import time
from pathlib import Path

from tests.fake_aws import AwsServer, Script, faults
from tests.fake_aws.fixtures import aws as aws
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.stories.story import start_task, until_past

FAILS = Script(exit_code=3)


def ended(aws: AwsServer, **batches: Script) -> None:
    """A run of each batch, one after the other, which has ended."""
    for batch, script in batches.items():
        aws.deploy(sample_manifest(batch), script)
        start_task(aws, batch, startedBy=f"night/{batch}")
        time.sleep(0.05)
    until_past(aws.tasks[-1].times.stopped)


def test_what_failed_last_is_run_again_by_its_own_line(aws: AwsServer, tmp_path: Path) -> None:
    ended(aws, **dict.fromkeys(("a1", "b1", "c1", "d1", "e1"), FAILS), good=Script(exit_code=0))
    aws.script(sample_manifest("b1"), Script(exit_code=0))
    start_task(aws, "b1", startedBy="mended")
    until_past(aws.tasks[-1].times.stopped)

    all_runs = batchwright(aws, tmp_path, "runs", "-s", "staging")
    of_a_batch = batchwright(aws, tmp_path, "runs", "b1", "-s", "staging", "--failed")

    assert [line for line in all_runs.err.splitlines() if "--again" in line] == [
        *(
            f"batchwright: run it again: batchwright run {name} -s staging --again {name}@night/{name}"
            for name in ("e1", "d1", "c1")
        ),
        "batchwright: and 1 more likewise: batchwright run BATCH -s staging --again BATCH@ID",
    ]
    assert "--again" not in of_a_batch.both


def test_resume_of_what_is_not_paused_says_what_is_meant(aws: AwsServer, tmp_path: Path) -> None:
    ended(aws, bad=FAILS, good=Script(exit_code=0))
    for name in ("fresh", "unseen"):
        aws.deploy(sample_manifest(name), FAILS)
    aws.deploy(sample_manifest("busy"), Script(runs=60.0))
    start_task(aws, "busy", startedBy="day")

    def resume(name: str) -> list[str]:
        done = batchwright(aws, tmp_path, "resume", name, "-s", "staging")
        assert done.code == 0
        return [line.removeprefix("batchwright: ").strip() for line in done.err.splitlines()[1:]]

    anyway = "a failed run of it is run again with: batchwright run {} -s staging --again latest"
    ids = {task.request["startedBy"]: task.id[:8] for task in aws.tasks}
    assert resume("bad") == [
        "bad is not paused",
        f"its last run, bad@{ids['night/bad']}, ended with exit 3: the container's own code (main ended by itself)",
        "run it again: batchwright run bad -s staging --again bad@night/bad",
    ]
    assert [line.partition(" exit 0")[0] for line in resume("good")] == [
        "good is not paused",
        f"its last run, good@{ids['night/good']}, ended with",
    ]
    assert resume("busy") == [
        "busy is not paused",
        f"its last run is in progress: batchwright attach busy@{ids['day']} -s staging",
    ]
    assert resume("fresh") == ["fresh is not paused", anyway.format("fresh")]
    aws.faults("ListTasks", faults.access_denied(None))
    assert resume("unseen")[-1] == anyway.format("unseen")
