"""The result of a run as JSON, for programs that call the runner."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batchwright_runner.contract.verdicts import RetryAdvice, Row
from batchwright_runner.errors import RunnerError

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What is written.

    Attributes:
        code: The exit code.
        row: The row of the exit-code table.
        why: The row and its reason, as the last line on stderr says it.
        retry: ``safe``, ``ask`` or ``useless``.
        batch: The batch.
        stage: Its stage.
        run_id: The run's id; empty for none.
        details: What else is known of the run: task, image, times, advice.
    """

    code: int
    row: Row
    why: str
    retry: RetryAdvice
    batch: str
    stage: str
    run_id: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The JSON form, with a newline at its end."""
        plain = {
            "format": FORMAT,
            "code": self.code,
            "row": self.row.value,
            "why": self.why,
            "retry": self.retry,
            "batch": self.batch,
            "stage": self.stage,
            "run_id": self.run_id,
            **self.details,
        }
        return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def write_result(path: Path, result: RunResult) -> None:
    """Writes the file in one step: a reader sees all of it or nothing.

    Raises:
        RunnerError: It cannot be written.
    """
    try:
        descriptor, fresh = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(result.to_json())
        Path(fresh).chmod(0o644)
        Path(fresh).replace(path)
    except OSError as error:
        raise RunnerError(f"the result cannot be written to {path}: {error.strerror}") from error
