"""Parameters, secrets and the key: whether they are there. Nothing is decrypted."""

from collections.abc import Iterator, Sequence
from typing import Any

from batchwright_runner.contract.names import SHARED, stage_path, values_folder
from batchwright_runner.contract.stop_reasons import BATCH_AGAIN, PLATFORM_AGAIN
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.stage.task_definitions import Variable
from batchwright_runner.host.terminal.text import sentence
from batchwright_runner.host.verify.look import UnseenError
from batchwright_runner.host.verify.subject import Subject, as_a_run

PAGE = 10
"""Names that GetParameters takes at once (Systems Manager API reference, 2026-11)."""

_VALUE = "ResourceInitializationError: "
MISSING = as_a_run(f"{_VALUE}invalid ssm parameters")
NO_SECRET = as_a_run(f"{_VALUE}can't find the specified secret")
DYING_SECRET = as_a_run(f"{_VALUE}it was marked for deletion")
DYING_KEY = as_a_run(f"{_VALUE}key is pending deletion")
DISABLED_KEY = as_a_run(f"{_VALUE}key is disabled")
_GONE = "ResourceNotFoundException"


def check_values(subject: Subject) -> Iterator[Finding]:
    """Whether all that its containers take is there, and secrets are encrypted."""
    variables = subject.variables
    in_ssm = _by_place(variables, "ssm")
    bad = 0
    hidden: list[Variable] = []
    for page in _pages(in_ssm):
        for one, found in _read(subject, page, hidden):
            for finding in _about(subject, one, found):
                bad += 1
                yield finding
    for one in _by_place(variables, "secretsmanager"):
        for finding in _secret(subject, one):
            bad += 1
            yield finding
    for one in hidden:
        bad += 1
        yield _unseen(subject, one, "ssm:GetParameters")
    if not bad:
        count = len({variable.source.name for variable in variables})
        said = f"all {count} are stored" if count else "it takes none"
        yield subject.ok(said)


def _by_place(variables: Sequence[Variable], service: str) -> list[Variable]:
    """One variable for each place, those of the main container first come, first kept."""
    places = {variable.source.name: variable for variable in reversed(variables) if variable.source.service == service}
    return [places[name] for name in sorted(places)]


def _pages(variables: Sequence[Variable]) -> Iterator[Sequence[Variable]]:
    """Variables that SSM is asked for at once: those of one account and region."""
    for place in sorted({variable.source.place for variable in variables}):
        here = [variable for variable in variables if variable.source.place == place]
        for start in range(0, len(here), PAGE):
            yield here[start : start + PAGE]


def _read(subject: Subject, page: Sequence[Variable], hidden: list[Variable]) -> Iterator[tuple[Variable, Any]]:
    """The parameters of a page. SSM names those that are not there; one that may not be read refuses the whole page."""
    names = [one.source.name for one in page]
    try:
        look = subject.look_for(page[0].source)
        answer = look.ask("ssm", "get_parameters", Names=names, WithDecryption=False)
    except UnseenError:
        if len(page) == 1:
            hidden.append(page[0])
            return
        for one in page:
            yield from _read(subject, [one], hidden)
        return
    found = {parameter.get("Selector") or parameter["Name"]: parameter for parameter in answer.get("Parameters", [])}
    by_name = {**found, **{one["ARN"]: one for one in found.values() if "ARN" in one}}
    for one in page:
        yield one, by_name.get(one.source.name)


def _about(subject: Subject, one: Variable, found: Any) -> Iterator[Finding]:  # noqa: ANN401 - a parameter, or none
    place, command = one.source.name, _set_command(subject, one)
    secret = one.name not in subject.manifest.parameters
    if found is None and subject.is_foreign(one.source):
        yield _foreign(subject, one)
    elif found is None:
        if not command:
            yield subject.fail(f"{place} is missing", "Something else keeps it: it has to make it")
        elif secret:
            yield subject.fail(f"{place} is missing: {command}", MISSING)
        else:
            again = PLATFORM_AGAIN if "--shared" in command.split() else BATCH_AGAIN
            yield subject.fail(f"{place} is missing: {again}, which makes it, or {command}", MISSING)
    elif one.name in subject.manifest.secrets and found["Type"] != "SecureString":
        unset = command.replace(" params set ", " params unset ")
        remedy = f"Delete it and set it again, as SSM changes no parameter's type: {unset}, then {command}"
        how = remedy if command else "What keeps it has to encrypt it"
        yield subject.fail(f"{place} is a secret, and is stored unencrypted", how)


def _set_command(subject: Subject, one: Variable) -> str:
    """The command that sets a value; empty for what something else keeps."""
    manifest = subject.manifest
    place, _, name = one.source.name.rpartition("/")
    for owner, words in ((manifest.batch, manifest.batch), (SHARED, "--shared")):
        if place == values_folder(manifest.project, manifest.stage, owner):
            return f"batchwright params set {words} {name} -s {manifest.stage}"
    return ""


def _secret(subject: Subject, one: Variable) -> Iterator[Finding]:
    place = one.source.name
    try:
        found = subject.look_for(one.source).find(_GONE, "secretsmanager", "describe_secret", SecretId=place)
    except UnseenError as error:
        yield _unseen(subject, one, error.permission)
        return
    if found is None:
        foreign = subject.is_foreign(one.source)
        yield _foreign(subject, one) if foreign else subject.fail(f"{place} is missing", NO_SECRET)
    elif found.get("DeletedDate"):
        yield subject.fail(f"{place} is to be deleted: no run can read it any more", DYING_SECRET)


def _foreign(subject: Subject, one: Variable) -> Finding:
    """Another account answers whoever may not look as if there were nothing."""
    what = f"{one.source.name} is of account {one.source.place[0]}, which shows this caller nothing of it"
    return subject.unknown(what, "It is missing, or its policy names other callers: whoever keeps it knows")


def _unseen(subject: Subject, one: Variable, permission: str) -> Finding:
    place, manifest = one.source.name, subject.manifest
    finding = subject.unknown(f"{place} is not visible to this caller")
    if one.source.service == "ssm":
        granted = place.startswith(f"{stage_path(manifest.project, manifest.stage)}/")
    else:
        granted = one.source.place == (manifest.account, manifest.region)
    return subject.lacking(finding, permission, "" if granted else place)


def check_key(subject: Subject) -> Iterator[Finding]:
    """Whether the key of its secrets in SSM can be used; Secrets Manager's have another."""
    manifest = subject.manifest
    if not manifest.key or not _has_secrets_in_ssm(subject):
        return
    answer = subject.look.find("NotFoundException", "kms", "describe_key", KeyId=manifest.key)
    if answer is None:
        yield subject.fail(f"{manifest.key} does not exist", sentence(PLATFORM_AGAIN))
        return
    state = str(answer["KeyMetadata"].get("KeyState", "Enabled"))
    if state == "Enabled":
        yield subject.ok(f"{manifest.key} is enabled")
    elif state == "PendingDeletion":
        yield subject.fail(f"{manifest.key} is to be deleted", DYING_KEY)
    else:
        yield subject.fail(f"{manifest.key} cannot be used: it is {state}", DISABLED_KEY)


def _has_secrets_in_ssm(subject: Subject) -> bool:
    """Whether one of its secrets is in SSM, or may be: the task definition says so."""
    secrets = subject.manifest.secrets
    try:
        return any(variable.source.service == "ssm" and variable.name in secrets for variable in subject.variables)
    except UnseenError:
        return bool(secrets)
