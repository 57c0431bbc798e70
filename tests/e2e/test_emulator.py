"""The emulator that is installed is the one that its patches were written for."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.e2e.emulator.patches import Patch, misfits
from tests.e2e.places import EMULATOR_COMMAND, ROOT


def unchanged(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


HERE = Patch(
    module=__name__,
    name="unchanged",
    signature="(function: collections.abc.Callable[..., typing.Any]) -> collections.abc.Callable[..., typing.Any]",
    aws="",
    change=unchanged,
)


def test_every_patch_fits_the_installed_emulator() -> None:
    done = subprocess.run([*EMULATOR_COMMAND, "--check"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_patch_fits_where_name_and_parameters_are_the_same() -> None:
    assert not list(misfits(HERE))


def test_a_patch_does_not_fit_where_the_name_is_gone() -> None:
    [problem] = misfits(replace(HERE, name="renamed"))

    assert "it is not there any more" in problem


def test_a_patch_does_not_fit_where_the_module_is_gone() -> None:
    [problem] = misfits(replace(HERE, module="tests.e2e.moved"))

    assert "it is not there any more" in problem


def test_a_patch_does_not_fit_where_the_parameters_are_others() -> None:
    [problem] = misfits(replace(HERE, signature="(function, more)"))

    assert "the patch was written for (function, more)" in problem
