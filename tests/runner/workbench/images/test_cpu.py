"""For which CPU ``batchwright image push`` builds: asked, declared, configured."""

import json
from typing import Any

import pytest

from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.images.declared_cpu import choose_architecture, of_image
from tests.kit.manifests import manifest
from tests.kit.projects import declared, make_project
from tests.runner.workbench.images.support import Bench

X86, ARM = "X86_64", "ARM64"


def of(batch: str, architecture: str, image: str = "reports") -> dict[str, Any]:
    reference = {"name": image, "repository": f"r/batches/{image}", "tag": "stage-local"}
    return declared(batch, "true", manifest={"image": reference, "architecture": architecture})


@pytest.mark.parametrize(
    ("requested", "declared", "configured", "architecture", "note"),
    [
        ("", {}, "", X86, ""),
        ("", {}, ARM, ARM, ""),
        (ARM, {}, X86, ARM, ""),
        ("", {"daily": ARM}, "", ARM, "built for ARM64: daily is declared for ARM64"),
        ("", {"daily": ARM, "weekly": ARM}, "", ARM, "built for ARM64: daily and weekly are declared for ARM64"),
        ("", {"daily": ARM}, ARM, ARM, ""),
        ("", {"daily": X86}, "", X86, ""),
        ("", {"daily": ARM}, X86, ARM, "built for ARM64, not for X86_64: daily is declared for ARM64"),
        (ARM, {"daily": ARM}, X86, ARM, ""),
        (
            X86,
            {"daily": ARM, "weekly": X86},
            "",
            X86,
            "built for X86_64, as you say, although daily is declared for ARM64: release refuses it where they run it",
        ),
    ],
)
def test_asked_comes_before_declared_and_declared_before_configured(
    requested: str, declared: dict[str, str], configured: str, architecture: str, note: str
) -> None:
    found = choose_architecture("reports", requested, declared, configured)

    assert found == (architecture, note)


def test_batches_that_do_not_agree_are_named() -> None:
    with pytest.raises(UsageError) as error:
        choose_architecture("reports", "", {"daily": X86, "weekly": ARM}, ARM)

    assert str(error.value) == (
        "image reports cannot be built for one CPU architecture: daily is declared for X86_64, weekly is declared for "
        "ARM64. Give them images of their own; or say with --architecture which one this is"
    )


def test_only_batches_that_run_the_image_of_the_project_count() -> None:
    image = {"name": "reports", "repository": "r/batches/reports", "tag": "stage-local"}
    several = [
        manifest("daily", image=image, architecture=ARM),
        manifest("weekly", image=image, stage="staging"),
        manifest("weekly", image=image, stage="production", architecture=ARM),
        manifest("other"),
        manifest("theirs", image=image, project="theirs"),
    ]

    assert of_image(several, "reports", "batches") == {
        "daily": ARM,
        "weekly in staging": X86,
        "weekly in production": ARM,
    }


def test_an_image_is_built_as_the_project_declares_it(bench: Bench) -> None:
    make_project(bench.folder, of("daily", ARM), of("other", X86, image="other"))

    done = bench.push(BATCHWRIGHT_ARCHITECTURE=X86)

    assert done.code == 0
    assert "linux/arm64" in bench.ran("build")
    assert "built for ARM64, not for X86_64: daily is declared for ARM64" in done.err


def test_batches_that_differ_end_it_before_anything_is_built(bench: Bench) -> None:
    make_project(bench.folder, of("daily", ARM), of("weekly", X86))

    refused = bench.push()

    assert refused.code == 2
    assert "daily is declared for ARM64, weekly is declared for X86_64" in refused.err
    assert not (bench.folder / "log").exists(), "the engine was asked for nothing"
    assert bench.push("--architecture", ARM).code == 0
    assert "linux/arm64" in bench.ran("build")


def test_a_project_that_cannot_be_synthesized_does_not_keep_its_image_from_being_pushed(bench: Bench) -> None:
    make_project(bench.folder, of("daily", ARM))
    (bench.folder / "app.py").write_text("print('much'); raise ModuleNotFoundError('no aws_cdk here')\n")

    done = bench.push(BATCHWRIGHT_ARCHITECTURE=ARM)

    assert done.code == 0
    assert "linux/arm64" in bench.ran("build")
    assert "for which CPU the batches are declared is not known" in done.err
    assert "no aws_cdk here" in done.err
    assert "much" not in done.err


def test_of_another_cdk_app_the_assembly_is_read_and_nothing_is_synthesized(bench: Bench) -> None:
    (bench.folder / "cdk.json").write_text(json.dumps({"app": "touch synthesized"}))
    for stage in ("staging", "production"):
        (bench.folder / "cdk.out/batches" / stage).mkdir(parents=True)
        (bench.folder / "cdk.out/batches" / stage / "daily.json").write_text(json.dumps(of("daily", ARM)))

    done = bench.push()

    assert done.code == 0
    assert "linux/arm64" in bench.ran("build")
    assert not (bench.folder / "synthesized").exists()


def test_without_a_declaration_the_file_says_it(bench: Bench) -> None:
    (bench.folder / "batchwright.toml").write_text('architecture = "ARM64"\n')

    bench.push()

    assert "linux/arm64" in bench.ran("build")
