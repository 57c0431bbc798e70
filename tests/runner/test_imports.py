"""The runner's host has no Node, and its start must not pay for what it does not use."""

import ast
import subprocess
import sys
from pathlib import Path

import batchwright_runner

SOURCE = Path(str(batchwright_runner.__file__)).parent


def modules_after(statement: str) -> set[str]:
    program = f"import sys; {statement}; print(); print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def loaded_by(statement: str) -> set[str]:
    return {name.split(".")[0] for name in modules_after(statement)}


def test_the_command_loads_neither_cdk_nor_boto3() -> None:
    assert not loaded_by("import batchwright_runner.cli") & {"aws_cdk", "constructs", "jsii", "boto3", "batchwright"}


def test_a_local_run_loads_neither_cdk_nor_boto3() -> None:
    loaded = loaded_by("import batchwright_runner.commands.run, batchwright_runner.workbench.local.run")

    assert not loaded & {"aws_cdk", "constructs", "jsii", "boto3", "botocore", "batchwright", "rich"}


def test_the_list_of_verbs_loads_no_verb() -> None:
    loaded = modules_after("from batchwright_runner import cli; cli.run_command(['--help'])")

    assert "batchwright_runner.cli" in loaded
    verbs = {name for name in loaded if name.startswith("batchwright_runner.commands.")}
    assert verbs == {"batchwright_runner.commands.group"}  # what they have in common


def test_who_only_reads_what_is_declared_loads_no_engine_of_local_runs() -> None:
    loaded = modules_after("import batchwright_runner.commands.list, batchwright_runner.host.images.cpu")

    assert "batchwright_runner.workbench.project.assembly" in loaded
    assert not [
        name
        for name in loaded
        if name.startswith(("batchwright_runner.workbench.local", "batchwright_runner.host.fargate."))
        and name != "batchwright_runner.contract.run_entry"  # which asks nobody
    ]


def imported(source: str) -> set[str]:
    """The packages that a module imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(source)))
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.partition(".")[0] for name in named}


def test_no_module_imports_the_construct_library_or_cdk() -> None:
    sources = {path: imported(path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.py")}

    assert len(sources) > 20
    banned = {"aws_cdk", "constructs", "jsii", "batchwright"}
    assert [str(path) for path, names in sources.items() if names & banned] == []
