"""Synthesizes the cases, and then asks for their health each second: ECS lets nobody declare less than five."""

import json
import os
from pathlib import Path

from batchwright import BatchApp

BatchApp.run(Path(__file__).parent)
for written in Path(os.environ["CDK_OUTDIR"], "batches").rglob("*.json"):
    batch = json.loads(written.read_text(encoding="utf-8"))
    for container in batch["task"]["containerDefinitions"]:
        if "healthCheck" in container:
            container["healthCheck"]["interval"] = 1
            if batch["manifest"]["batch"] == "unhealthy":
                container["startTimeout"] = 2
    written.write_text(json.dumps(batch), encoding="utf-8")
