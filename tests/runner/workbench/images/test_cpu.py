"""For which CPU ``batchwright image push`` builds: asked, by the variable, by the file."""

from tests.runner.workbench.images.support import Bench


def test_the_file_says_it(bench: Bench) -> None:
    (bench.folder / "batchwright.toml").write_text('architecture = "ARM64"\n')

    bench.push()

    assert "linux/arm64" in bench.ran("build")


def test_the_command_line_wins(bench: Bench) -> None:
    bench.push("--architecture", "ARM64", BATCHWRIGHT_ARCHITECTURE="X86_64")

    assert "linux/arm64" in bench.ran("build")
