"""The package of a stage's functions: what is in it, and that it is the same everywhere."""

import ast
import io
import sys
import zipfile
from pathlib import Path

import pytest

from batchwright.functions import package as packages
from batchwright.functions.package import HANDLERS, modules, package, zipped
from tests.kit.imports import imported_names

BESIDE_PYTHON = {"boto3", "botocore"}
"""What Lambda's runtime has beside the standard library."""


@pytest.fixture(scope="module")
def archive() -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(package()[1]))


def test_it_holds_the_handler_the_packages_around_it_and_what_they_import(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/alerting/__init__.py": "",
        "shop/alerting/handler.py": "import json\nfrom shop.contract import names\nfrom shop.contract.end import End\n",
        "shop/contract/__init__.py": "",
        "shop/contract/names.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import shop.types_only\n",
        "shop/contract/end.py": "def of():\n    import shop.late\n",
        "shop/types_only.py": "",
        "shop/late.py": "import elsewhere\n",
        "shop/other.py": "import shop.alerting.handler\n",
        "elsewhere/__init__.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    found = modules(tmp_path, "shop.alerting.handler")

    assert files.keys() - found.keys() == {"shop/types_only.py", "shop/other.py", "elsewhere/__init__.py"}
    assert found.items() <= files.items()


def test_line_ends_of_a_checkout_do_not_matter(tmp_path: Path) -> None:
    packed = []
    for end in ("\n", "\r\n"):
        tmp_path.joinpath("shop.py").write_bytes(f"import os{end}".encode())
        packed.append(zipped(modules(tmp_path, "shop")))

    assert packed[0] == packed[1]


def test_order_and_time_do_not_matter() -> None:
    assert zipped({"b.py": "1", "a.py": "2"}) == zipped({"a.py": "2", "b.py": "1"})


def test_every_file_has_the_same_time_and_rights_and_is_not_compressed(archive: zipfile.ZipFile) -> None:
    shown = {
        (member.date_time, member.external_attr >> 16, member.create_system, member.compress_type)
        for member in archive.infolist()
    }

    assert shown == {((1980, 1, 1, 0, 0, 0), 0o644, 3, zipfile.ZIP_STORED)}


def test_it_is_source_of_the_runner_alone_and_small(archive: zipfile.ZipFile) -> None:
    names = [name for name in archive.namelist() if not name.startswith("tzdata/")]

    assert {f"{handler.replace('.', '/')}.py" for handler in HANDLERS} <= set(names)
    assert all(name.startswith("batchwright_runner/") and name.endswith(".py") for name in names)
    assert not [name for name in names if name.split("/")[1] in ("commands", "host", "workbench", "cli.py")]
    assert len(package()[1]) < 1_500_000
    root = str(Path(packages.__file__).parents[3]).encode()
    assert root not in package()[1]


def test_it_imports_nothing_that_lambda_lacks(archive: zipfile.ZipFile) -> None:
    sources = {
        name.removesuffix(".py").replace("/", ".").removeprefix("batchwright_runner."): archive.read(name).decode()
        for name in archive.namelist()
        if not name.startswith("tzdata/")
    }
    outside = {
        imported.partition(".")[0]
        for imports in imported_names(
            "batchwright_runner", {name: _at_run_time(text) for name, text in sources.items()}
        ).values()
        for imported in imports
    }

    assert outside - sys.stdlib_module_names - BESIDE_PYTHON == {"batchwright_runner"}


def _at_run_time(text: str) -> str:
    """A module without what it imports for types alone."""
    tree = ast.parse(text)
    tree.body = [
        node for node in tree.body if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
    ]
    return ast.unparse(tree)
