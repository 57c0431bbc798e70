"""``batchwright image push`` and ``list`` as installed, with a fake engine that pushes to a real registry."""

import json
from pathlib import Path

import pytest

from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import ACCOUNT
from tests.kit.account import batchwright
from tests.runner.workbench.images.support import REFERENCE, REGISTRY, TAG, Bench, commit, reports

ROOT = Path(__file__).parents[4]


def test_an_image_is_built_pushed_and_named_and_nothing_of_a_stage_is_asked(bench: Bench) -> None:
    done = bench.push("--json")

    assert (done.code, json.loads(done.text)["reference"], json.loads(done.text)["tag"]) == (0, REFERENCE, TAG)
    words = bench.ran("build")
    assert words[:2] == ["build", "--iidfile"]
    assert words[3:] == ["--tag", REFERENCE, "--platform", "linux/amd64", *words[-1:]]
    assert sorted(bench.built) == ["Dockerfile"]
    assert bench.ran("push") == ["push", REFERENCE]
    assert reports(bench.stage).tags[TAG] in done.err
    assert "engine: working" in done.err
    assert {call.operation for call in bench.stage.calls} == {"BatchGetImage", "GetAuthorizationToken"}
    (login,) = [command for command in bench.commands if "login" in command["words"]]
    assert login["words"][1:] == ["login", "--username", "AWS", "--password-stdin", REGISTRY]
    assert login["stdin"] == "login-canary"
    assert "login-canary" not in done.both


@pytest.mark.parametrize("dirty", [(), ("--allow-dirty",)])
def test_the_app_of_the_project_that_is_pushed_is_never_run(bench: Bench, dirty: tuple[str, ...]) -> None:
    context, ran = bench.folder / "context", bench.folder / "ran"
    cdk = {"app": "python3 app.py", "context": {"project": "batches", "stages": {"staging": {"account": ACCOUNT}}}}
    commit(context, **{"cdk.json": json.dumps(cdk), "app.py": f"open({str(ran)!r}, 'w')\n"})

    done = bench.push_here(*dirty)

    assert done.code == 0, done.both
    assert "app.py" in bench.built
    assert not ran.exists()
    page = " ".join((ROOT / "SECURITY.md").read_text(encoding="utf-8").split())
    assert "`image push` runs no app either; it gives the files of the commit" in page


def test_the_same_image_again_is_success_and_not_pushed(bench: Bench) -> None:
    bench.push()
    (bench.folder / "log").unlink()

    done = bench.push()

    assert (done.code, done.text) == (0, f"{REFERENCE}\n")
    assert "exists already" in done.err
    assert not [command for command in bench.commands if "push" in command["words"]]


def test_where_the_tag_is_there_nothing_is_built_if_that_is_enough(bench: Bench) -> None:
    missing = bench.push("--if-missing")
    (bench.folder / "log").unlink()

    again = bench.push("--if-missing", ENGINE_CONTENT="built anew")

    assert "batchwright: pushed: " in missing.err
    assert (again.code, again.text) == (0, f"{REFERENCE}\n")
    assert "exists already" in again.err
    assert [command["words"][1:] for command in bench.commands] == [["buildx", "version"]]


def test_another_image_under_the_same_tag_is_an_error(bench: Bench) -> None:
    bench.push()

    done = bench.push(ENGINE_CONTENT="other")

    assert done.code == 125
    assert f"{TAG} exists already, with another image" in done.err


@pytest.mark.parametrize("builder", ["container", "containerd"])
def test_a_builder_that_can_packs_with_zstd(bench: Bench, builder: str) -> None:
    done = bench.push("--compression", "zstd", ENGINE_BUILDX=builder)

    output = f"type=image,name={REFERENCE},push=true,oci-mediatypes=true,compression=zstd,force-compression=true"
    assert done.code == 0
    assert output in bench.ran(output)


@pytest.mark.parametrize(("builder", "why"), [("", "has no buildx"), ("own", "own builder packs with gzip alone")])
def test_zstd_is_refused_where_it_cannot_be_had_before_anything_is_built(bench: Bench, builder: str, why: str) -> None:
    done = bench.push("--compression", "zstd", ENGINE_BUILDX=builder)

    assert done.code == 2
    assert done.err.startswith("batchwright: --compression zstd is not available: this Docker")
    assert why in done.err
    assert not [command for command in bench.commands if "build" in command["words"]]


def test_a_folder_is_pushed_as_it_is_under_a_tag_of_its_own(bench: Bench) -> None:
    (bench.folder / "context" / "new.py").write_text("")

    done = bench.push("--allow-dirty", "--release", "staging", "--json")

    tag = json.loads(done.text)["tag"]
    assert tag.startswith("dirty-")
    assert tag in reports(bench.stage).tags
    assert bench.ran("build")[-1] == "context"
    assert reports(bench.stage).tags["stage-staging"] == reports(bench.stage).tags[tag]


def test_the_same_image_packed_in_another_way_is_the_same(bench: Bench) -> None:
    bench.push()

    done = bench.push("--compression", "zstd", ENGINE_BUILDX="containerd")

    assert done.code == 0
    assert "exists already" in done.err


def test_podman_serves_where_docker_is_missing(bench: Bench) -> None:
    bench.install("podman")

    done = bench.push("--compression", "zstd", BATCHWRIGHT_ENGINE="podman")

    assert done.code == 0
    assert bench.ran("push") == ["push", "--compression-format", "zstd", REFERENCE]


@pytest.mark.parametrize(
    ("command", "message"), [("build", "building it failed"), ("push", "see docker's output above")]
)
def test_what_the_engine_says_is_shown_when_it_fails(bench: Bench, command: str, message: str) -> None:
    done = bench.push(ENGINE_FAILS=command)

    assert done.code == 125
    assert "engine: it failed" in done.err
    assert message in done.err


def test_without_an_engine_it_says_so(bench: Bench) -> None:
    done = bench.push(BATCHWRIGHT_ENGINE="podman", PATH=str(bench.folder / "bin"))

    assert done.code == 2
    assert "podman was not found on PATH" in done.err


def test_an_unknown_registry_says_how_to_name_one(bench: Bench) -> None:
    nowhere = bench.push(BATCHWRIGHT_REGISTRY="")
    wrong = bench.push(BATCHWRIGHT_REGISTRY="docker.io/acme")

    assert (nowhere.code, wrong.code) == (2, 2)
    assert "Add --registry ACCOUNT.dkr.ecr.REGION.amazonaws.com" in nowhere.err
    assert "it is not a host name of ECR" in wrong.err


def test_list_shows_tags_stages_size_age_and_findings_of_all_pages(stage: AwsServer, tmp_path: Path) -> None:
    for n in range(4):
        reports(stage).add_image(
            f"{n}", f"sha-{n}", *(("stage-staging", "stage-production-previous") if n == 2 else ())
        )
    reports(stage).findings = {"HIGH": 2, "LOW": 1}

    shown = batchwright(stage, tmp_path, "image", "list", "reports", "--registry", REGISTRY)
    data = batchwright(stage, tmp_path, "image", "list", "reports", "--registry", REGISTRY, "--json")

    assert shown.code == 0
    assert [line.split()[0] for line in shown.text.splitlines()] == ["TAGS", "sha-3", "sha-2", "sha-1", "sha-0"]
    (line,) = [line for line in shown.text.splitlines() if line.startswith("sha-2")]
    assert "production-previous, staging" in line
    assert line.endswith("2 high, 1 low")
    entries = json.loads(data.text)
    assert len(entries) == 4
    assert entries[1]["stages"] == ["production-previous", "staging"]
