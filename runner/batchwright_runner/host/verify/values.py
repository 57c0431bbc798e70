"""Parameters, secrets and the key: whether they are there. Nothing is decrypted."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from batchwright_runner.contract.command_lines import value_line
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.stop_reasons import BATCH_AGAIN, PLATFORM_AGAIN
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.params.present import read_allowed
from batchwright_runner.host.stage.task_definitions import Variable
from batchwright_runner.host.terminal.text import sentence
from batchwright_runner.host.verify.look import StageQuestions, UnseenError
from batchwright_runner.host.verify.subject import Subject, as_a_run

_VALUE = "ResourceInitializationError: "
MISSING = as_a_run(f"{_VALUE}invalid ssm parameters")
NO_SECRET = as_a_run(f"{_VALUE}can't find the specified secret")
DYING_SECRET = as_a_run(f"{_VALUE}it was marked for deletion")
DYING_KEY = as_a_run(f"{_VALUE}key is pending deletion")
DISABLED_KEY = as_a_run(f"{_VALUE}key is disabled")
_GONE = "ResourceNotFoundException"


def check_values(subject: Subject) -> Iterator[Finding]:
    """Whether all that its containers take is there, and secrets are encrypted."""
    variables, bad = subject.variables, False
    for finding in _wrong(subject, variables):
        bad = True
        yield finding
    if not bad:
        count = len({variable.source.name for variable in variables})
        yield subject.ok(f"all {count} are stored" if count else "it takes none")


def _wrong(subject: Subject, variables: Sequence[Variable]) -> Iterator[Finding]:
    """What is wrong with values; what is not visible to the caller comes last."""
    in_ssm, unseen = _by_place(variables, "ssm"), list[Variable]()
    for place in sorted({variable.source.place for variable in in_ssm}):
        here = {variable.source.name: variable for variable in in_ssm if variable.source.place == place}
        look = subject.look_for(next(iter(here.values())).source)
        parameters, hidden = read_allowed([*here], partial(_parameters, look))
        for name, variable in here.items():
            if name in hidden:
                unseen.append(variable)
            else:
                yield from _about(subject, variable, parameters.get(name))
    for variable in _by_place(variables, "secretsmanager"):
        yield from _secret(subject, variable)
    for variable in unseen:
        yield _unseen(subject, variable, "ssm:GetParameters")


def _by_place(variables: Sequence[Variable], service: str) -> list[Variable]:
    """One variable for each place, those of the main container first come, first kept."""
    places = {variable.source.name: variable for variable in reversed(variables) if variable.source.service == service}
    return [places[name] for name in sorted(places)]


def _parameters(look: StageQuestions, names: Sequence[str]) -> dict[str, Any]:
    """The parameters of these names that are there, by name and by ARN."""
    answer = look.call("ssm", "get_parameters", Names=list(names), WithDecryption=False)
    parameters = answer.get("Parameters", [])
    by_name = {parameter.get("Selector") or parameter["Name"]: parameter for parameter in parameters}
    return {**by_name, **{parameter["ARN"]: parameter for parameter in parameters if "ARN" in parameter}}


def _about(subject: Subject, variable: Variable, parameter: Any) -> Iterator[Finding]:  # noqa: ANN401 - or none
    manifest, place = subject.manifest, variable.source.name
    command, unset = (
        value_line(verb, place, manifest.project, manifest.stage, [manifest.batch]) for verb in ("set", "unset")
    )
    secret = variable.name not in manifest.parameters
    if parameter is None and subject.is_foreign(variable.source):
        yield _foreign(subject, variable)
    elif parameter is None:
        if not command:
            yield subject.fail(f"{place} is missing", "Something else keeps it: it has to make it")
        elif secret:
            yield subject.fail(f"{place} is missing: {command}", MISSING)
        else:
            again = PLATFORM_AGAIN if "--shared" in command.split() else BATCH_AGAIN
            yield subject.fail(f"{place} is missing: {again}, which makes it, or {command}", MISSING)
    elif variable.name in manifest.secrets and parameter["Type"] != "SecureString":
        remedy = f"Delete it and set it again, as SSM changes no parameter's type: {unset}, then {command}"
        advice = remedy if command else "What keeps it has to encrypt it"
        yield subject.fail(f"{place} is a secret, and is stored unencrypted", advice)


def _secret(subject: Subject, variable: Variable) -> Iterator[Finding]:
    place = variable.source.name
    try:
        secret = subject.look_for(variable.source).find(_GONE, "secretsmanager", "describe_secret", SecretId=place)
    except UnseenError as error:
        yield _unseen(subject, variable, error.permission)
        return
    if secret is None:
        foreign = subject.is_foreign(variable.source)
        yield _foreign(subject, variable) if foreign else subject.fail(f"{place} is missing", NO_SECRET)
    elif secret.get("DeletedDate"):
        yield subject.fail(f"{place} is to be deleted: no run can read it any more", DYING_SECRET)


def _foreign(subject: Subject, variable: Variable) -> Finding:
    """Another account answers a caller who may not look as if there were nothing."""
    what = f"{variable.source.name} is of account {variable.source.place[0]}, which shows this caller nothing of it"
    return subject.unknown(what, "It is missing, or its policy names other callers: whoever keeps it knows")


def _unseen(subject: Subject, variable: Variable, permission: str) -> Finding:
    place, manifest = variable.source.name, subject.manifest
    finding = subject.unknown(f"{place} is not visible to this caller")
    if variable.source.service == "ssm":
        granted = place.startswith(f"{StageNames.of(manifest).path}/")
    else:
        granted = variable.source.place == (manifest.account, manifest.region)
    return subject.lacking(finding, permission, "" if granted else place)


def check_key(subject: Subject) -> Iterable[Finding]:
    """Whether the key of its secrets in SSM can be used; Secrets Manager's have another."""
    manifest = subject.manifest
    if not manifest.key or not _has_secrets_in_ssm(subject):
        return []
    answer = subject.look.find("NotFoundException", "kms", "describe_key", KeyId=manifest.key)
    if answer is None:
        return [subject.fail(f"{manifest.key} does not exist", sentence(PLATFORM_AGAIN))]
    state = str(answer["KeyMetadata"].get("KeyState", "Enabled"))
    if state == "Enabled":
        return [subject.ok(f"{manifest.key} is enabled")]
    if state == "PendingDeletion":
        return [subject.fail(f"{manifest.key} is to be deleted", DYING_KEY)]
    return [subject.fail(f"{manifest.key} cannot be used: it is {state}", DISABLED_KEY)]


def _has_secrets_in_ssm(subject: Subject) -> bool:
    """Whether one of its secrets is in SSM, or may be: the task definition says so."""
    secrets = subject.manifest.secrets
    try:
        return any(variable.source.service == "ssm" and variable.name in secrets for variable in subject.variables)
    except UnseenError:
        return bool(secrets)
