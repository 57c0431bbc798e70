"""The function of machines as it is packed: it answers without the rest of the runner."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

from batchwright.functions.package import package
from tests.fake_aws.fixtures import sample_manifest
from tests.library.automation.support import MACHINE, deployed

EXECUTION = f"{MACHINE.replace(':stateMachine:', ':execution:')}:9f1c"
PACKED = """
import json, sys
from batchwright_runner.alerting.clients import CallError
from batchwright_runner.contract.names import StageNames
from batchwright_runner.machines.handler import QuestionsFunction, handle
manifest, question = json.load(sys.stdin)
call = lambda service, operation, **given: {"Parameters": [{"Name": given["Names"][0], "Value": manifest}]}
print(json.dumps(QuestionsFunction(call, StageNames("batches", "staging")).answer(question)))
"""


def test_as_it_is_packed_it_answers_without_the_rest_of_the_runner(tmp_path: Path) -> None:
    zipfile.ZipFile(io.BytesIO(package()[1])).extractall(tmp_path)
    execution = {"Id": EXECUTION, "Input": {"scheduled": "2026-11-25T17:30:00Z"}, "StartTime": "2026-11-25T17:30:05.1Z"}
    memo = {"lost": {"error": "x"}, "attempt": 2}
    question = {"protocol": 1, "ask": "gate", "execution": execution, "memo": memo}
    given = json.dumps([deployed(sample_manifest(schedule="30 2 * * * Asia/Tokyo")).to_json(), question])
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{PACKED}"]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout.splitlines()[-1])

    assert answer["next"] == "start"
    (main,) = answer["request"]["Overrides"]["ContainerOverrides"]
    assert {"Name": "BATCHWRIGHT_SCHEDULED_DATE", "Value": "2026-11-26"} in main["Environment"]
