"""Broken declarations, as people write them: what is in ``batches/x/batch.py``, and the message about it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CONTEXT: dict[str, Any] = {
    "project": "nightly",
    "registry": {"account": "333333333333", "region": "ap-northeast-1"},
    "stages": {
        "staging": {
            "account": "111111111111",
            "region": "ap-northeast-1",
            "vpc_id": "vpc-0123456789abcdef0",
            "subnets": ["subnet-0123456789abcdef0"],
            "settings": {"sales_bucket": "sales"},
        }
    },
}
PRODUCTION = {"account": "222222222222", "region": "ap-northeast-1", "subnets": ["subnet-0123456789abcdef0"]}
HEAD = """\
from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from batchwright import BatchPlatform, Container, Existing, Fargate, FargateBatch, Retry, Sidecar
"""
HERE = "batches/x/batch.py:{line}: "


@dataclass(frozen=True)
class Case:
    """A broken declaration.

    Attributes:
        text: What follows the imports in ``batch.py``; ``#!`` marks the line at fault, and ``None`` is no such file.
        expected: The message after the place, as a pattern.
        place: Where, with ``{line}`` for the marked line.
        head: The imports.
        files: Further files, by path.
    """

    text: str | None
    expected: str
    place: str = HERE
    head: str = HEAD
    files: dict[str, str] = field(default_factory=dict)


def write(root: Path, case: Case) -> int:
    """Writes the project, and tells the marked line."""
    texts = {"cdk.json": json.dumps({"app": "python app.py", "context": CONTEXT}), **case.files}
    if case.text is not None:
        texts |= {"batches/__init__.py": "", "batches/x/__init__.py": "", "batches/x/batch.py": case.head + case.text}
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("  #!", ""), encoding="utf-8")
    marked = [n for text in texts.values() for n, line in enumerate(text.splitlines(), 1) if line.endswith("  #!")]
    return marked[0] if marked else 1


def called(arguments: str, *, before: str = "", after: str = "", body: str = "") -> str:
    """A class whose constructor gives these arguments beside the usual ones."""
    return (
        f'\n\nclass X(FargateBatch):\n    """Reports."""\n{body}\n'
        f"    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:\n{before}"
        f'        super().__init__(\n            scope,\n            "report",\n            platform=platform,\n'
        f"            {arguments}\n        )\n{after}"
    )


def given(argument: str) -> str:
    """The same with the owner, and the argument's line marked."""
    return called(f'owner="sre",\n            {argument},  #!')


# The message about each other value is tested beside what checks it: here it is about the line, and whose the error is.
ARGUMENTS = {
    "unknown": ('the_command=["x"]', r"the_command: .*no such argument; .*did you mean command\?$"),
    "secrets with values": (
        'secrets={"A": "s3cret"}',
        r"secrets: a dict was given, with A; allowed: a list of names.*batchwright params set",
    ),
    "secrets of pairs": (
        'secrets=[("A", "s3cret")]',
        r"secrets: a list with a tuple was given; allowed: a list of names",
    ),
    "runbook of lines": ('runbook="https://x\\nUser=root"', r"runbook: it holds \\n; allowed: a text"),
    "in a group": ("container=Container(user=5)", r"user: 5 was given; allowed: a string"),
    "missing in a sidecar": ('sidecars=[Sidecar(name="a")]', r"Sidecar: image: it is missing; write image=…"),
    "a call of its own": ("timeout=Duration.minute(5)", r"AttributeError: .*'Duration' has no attribute"),
    "of the CDK": ('timeout=Duration.minutes("5")', r"amount: str was given; allowed: .*int"),
    "choose without default": (
        'environment={"A": platform.choose(production="1")}',
        r"platform staging: choose: values for production were given; .*write staging=… or default=…",
    ),
}
CASES = {name: Case(given(text), f"^batch report: {expected}") for name, (text, expected) in ARGUMENTS.items()}
CASES |= {
    "no owner": Case(
        called("").replace("super().__init__(", "super().__init__(  #!"),
        r"^batch report: owner: it is missing; write owner=…, the team to ask when it fails$",
    ),
    "no platform": Case(
        called('owner="sre",')
        .replace("            platform=platform,\n", "")
        .replace("__init__(\n", "__init__(  #!\n"),
        r"^batch report: platform: it is missing; write platform=…, the stage$",
    ),
    "no name": Case(
        called('owner="sre",').replace('            "report",\n', "").replace("__init__(\n", "__init__(  #!\n"),
        r"^batch class X: name: it is missing; write name=…",
    ),
    "scope and platform exchanged": Case(
        called('owner="sre",').replace("scope,", "platform,").replace("platform=platform,", "platform=scope,  #!"),
        r"^batch report: platform: .* was given; allowed: a Platform$",
    ),
    "forgotten import": Case(
        given("timeout=Duration.minutes(5)"),
        r"^batch report: the name Duration is not defined: .*write from aws_cdk import Duration$",
        head=HEAD.replace("from aws_cdk import Duration\n", ""),
    ),
    "forgotten import of ours": Case(
        "\n\nclass X(FargateBatch):  #!\n    pass\n",
        r"^the name FargateBatch is not defined: .*write from batchwright import FargateBatch$",
        head="",
    ),
    "misspelt import": Case(
        "from batchwright import FargateBach  #!\n",
        r"^FargateBach cannot be imported: batchwright has no such name; did you mean FargateBatch\?$",
    ),
    "module not installed": Case(
        "import no_such_module  #!\n", r"^the module no_such_module was not found: .*install it"
    ),
    "syntax": Case("class X(FargateBatch)  #!\n    pass\n", r"^this is not Python: expected ':'; correct"),
    "null byte": Case("A = 1\nB = '\0'  #!\n", r"^this is not Python: source code.* null bytes; correct this line"),
    "an exception of its own": Case(
        called('owner="sre",', before='        raise KeyError("DAY")  #!\n'), r"^batch report: KeyError: 'DAY'$"
    ),
    "an exception in a helper": Case(
        "from batches._helpers import cut\n" + called('owner="sre",', before="        cut(0)\n"),
        r"^batch report: ZeroDivisionError: division by zero$",
        place="batches/_helpers.py:{line}: ",
        files={"batches/_helpers.py": "def cut(n):\n    return 1 / n  #!\n"},
    ),
    "sys.exit": Case("import sys\nsys.exit(0)  #!\n", r"^the program was ended here \(0\): .*raise an error instead$"),
    "the CDK refuses": Case(
        called('owner="sre",', after='        s3.Bucket(self, "B", bucket_name="UPPER")  #!\n'),
        r"^batch report: the CDK refuses this: Invalid S3 bucket name .*UPPER",
    ),
    "a wrong type for the CDK": Case(
        called('owner="sre",', after='        s3.Bucket(self, "B", bucket_name=5)  #!\n'),
        r"^batch report: bucket_name: int was given; allowed: one of \(str, NoneType\)$",
    ),
    "used before it exists": Case(
        called('owner="sre",', before='        self.allow("s3:GetObject", on="arn:aws:s3:::a/b")  #!\n'),
        r"^batch report: .*call super\(\).__init__\(…\) first$",
    ),
    "a grant too wide, found at the end": Case(
        called(
            'owner="sre",',
            after='        iam.Grant.add_to_principal(grantee=self, actions=["s3:GetObject"], resource_arns=["*"])\n',
        ).replace("super().__init__(\n", "super().__init__(  #!\n"),
        r"^batch report: a grant allows s3:GetObject on every resource \(\*\); allowed: named actions",
    ),
    "an unknown stage": Case(
        called('owner="sre",', body='\n    stages = {"stagin"}  #!\n'),
        r"^batch class X: stages: 'stagin' was given; .*did you mean staging\?$",
    ),
    "no constructor": Case(
        '\n\nclass X(FargateBatch):  #!\n    """Reports."""\n',
        r"^batch class X: __init__: it is missing; write def __init__\(self, scope: Construct, platform",
    ),
    "a constructor of other arguments": Case(
        "\n\nclass X(FargateBatch):\n    def __init__(self, scope):  #!\n        pass\n",
        r"^batch class X: __init__: it cannot be called with scope and platform \(too many .*\); write",
    ),
    "a constructor that calls nothing": Case(
        "\n\nclass X(FargateBatch):\n    def __init__(self, scope, platform):  #!\n        pass\n",
        r"^batch class X: __init__: it declares nothing; call super\(\)",
    ),
    "no docstring": Case(
        called('owner="sre",').replace('    """Reports."""\n', "").replace("Batch):", "Batch):  #!"),
        r"^batch report: description: none was given; allowed: a docstring of the class, or description=$",
    ),
    "nothing in batch.py": Case(
        "", r"^no batch is declared here: no class of it derives from FargateBatch; write class", head=""
    ),
    "only a draft": Case(
        "\n\nclass _X(FargateBatch):\n    pass\n", r"^no batch is declared here: _X begins with an underscore"
    ),
    "only an import": Case(
        "from batches._base import Base\n",
        r"^no batch is declared here: Base is only imported here",
        files={"batches/_base.py": "from batchwright import FargateBatch\n\n\nclass Base(FargateBatch):\n    pass\n"},
    ),
    "a folder without batch.py": Case(
        None,
        r"^no batch.py is in it, and no workflow.py, and so nothing is declared; add one, or remove the folder$",
        place="batches/report: ",
        files={"batches/report/Batch.py": "", "batches/report/Dockerfile": ""},
    ),
    "a batch beside the folders": Case(
        None,
        r"^a batch is declared in a folder of its own; move this file to batches/report/batch.py$",
        place="batches/report.py:1: ",
        files={"batches/report.py": "from batchwright import FargateBatch\n"},
    ),
    "a list of batches": Case(
        "batches = []\n",
        r"^batches is a list here, of which nothing is declared; write def batches\(scope, platform\)$",
    ),
    "a function of nothing": Case(
        "\n\ndef batches(scope, platform):  #!\n    pass\n",
        r"^batches\(\): it gives None; allowed: batches that it made",
    ),
    "a function of other arguments": Case(
        "\n\ndef batches(platform):  #!\n    return []\n",
        r"^batches\(\): it cannot be called with scope and platform \(too many .*\); write def batches",
    ),
    "a mistake in a function": Case(
        "\n\ndef batches(scope, platform):\n"
        '    yield FargateBatch(scope, "rake-a", platform=platform, owner="x", description="x", cpu=3)  #!\n',
        r"^batch rake-a: cpu: 3 units were given",
    ),
    "two of one name": Case(
        "\n\ndef batches(scope, platform):\n    for _ in range(2):\n"
        '        yield FargateBatch(scope, "rake-a", platform=platform, owner="x", description="x")  #!\n',
        r"^batch rake-a: name: (a batch of batches/\w+) and \1 have it; allowed: each name once$",
    ),
}
