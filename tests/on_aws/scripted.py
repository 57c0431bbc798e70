"""A trial whose AWS is a script: what each operation answers, and how each command ends."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from tests.kit.command import Done
from tests.on_aws.trial import NotWithin, T, Trial

Answer = Any
"""What is given back; a function of the request; an exception; or a `Then` of several, one call after the other."""


def refusal(operation: str, code: str, message: str = "refused") -> ClientError:
    """An error of AWS."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class Then(list[Answer]):
    """Answers to one call after the other; the last one to all further ones."""


@dataclass(slots=True)
class Scripted(Trial):
    """A trial without AWS and without waiting.

    Attributes:
        script: ``service.operation``, or the first words of a command, to its answer.
        calls: What was called, with the request.
    """

    script: dict[str, Answer] = field(default_factory=dict)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = lambda: SimpleNamespace(client=lambda service, **_: self.client(service))

    def client(self, service: str) -> Any:  # noqa: ANN401 - as a client
        return Client(self, service)

    def until(self, ask: Callable[[], T], seconds: float, every: float = 1.0) -> T:
        del every
        for _ in range(3):
            if answer := ask():
                return answer
        raise NotWithin(f"not within {seconds:g} s")

    def sleep(self, seconds: float) -> None:
        if seconds:
            self.calls.append(("sleep", {"seconds": seconds}))

    def run(self, *words: str, given: str = "", seconds: float = 900, ending: tuple[str, int] | None = None) -> Done:
        del given, seconds
        text = " ".join(words)
        name = max((name for name in self.script if text.startswith(name)), key=len, default="")
        answer = self.answer(name, {"words": words, "ending": ending}) if name else (0, "", "")
        code, out, err, *result = answer
        if "--result" in words:
            Path(words[words.index("--result") + 1]).write_text(
                json.dumps(result[0] if result else {}), encoding="utf-8"
            )
        return Done(code, out.encode(), err)

    def answer(self, name: str, request: Mapping[str, Any]) -> Answer:
        self.calls.append((name, request))
        answer = self.script[name]
        if isinstance(answer, Then):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if callable(answer) and not isinstance(answer, type):
            answer = answer(request)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def scripted(script: dict[str, Answer], folder: Path = Path(), say: Callable[[str], None] = lambda _: None) -> Scripted:
    """A trial with this script. The names of its runs end with ``-1``."""
    return Scripted("111111111111", "eu-west-1", folder, {}, say, stamp="1", script=script)


@dataclass(frozen=True)
class Client:
    """A client of a service."""

    trial: Scripted
    service: str

    def get_paginator(self, operation: str) -> SimpleNamespace:
        def paginate(**request: object) -> SimpleNamespace:
            return SimpleNamespace(build_full_result=partial(getattr(self, operation), **request))

        return SimpleNamespace(paginate=paginate)

    def __getattr__(self, operation: str) -> Any:  # noqa: ANN401 - as a client's
        return lambda **request: self.trial.answer(f"{self.service}.{operation}", request)
