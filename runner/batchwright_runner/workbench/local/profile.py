"""A profile's credentials, for a run on this machine."""

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.client import translated
from batchwright_runner.host.aws.errors import ApiError


def profile_variables(profile: str, region: str) -> dict[str, str]:
    """A profile's credentials, as the variables that AWS's SDKs read. They are those of now: they may expire."""
    import botocore.session

    session = botocore.session.Session(profile=profile)
    try:
        credentials = translated(session.get_credentials)
        frozen = translated(credentials.get_frozen_credentials) if credentials is not None else None
        region = translated(lambda: session.get_config_variable("region")) or region
    except ApiError as error:
        raise RunnerError(f"profile {profile} cannot be used: {error}") from error
    if frozen is None or not frozen.access_key:
        raise RunnerError(
            f"profile {profile} cannot be used: it has no credentials",
            hint=f"Log in first: aws sso login --profile {profile}, or aws configure --profile {profile}",
        )
    variables = {
        "AWS_ACCESS_KEY_ID": frozen.access_key,
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key or "",
        "AWS_SESSION_TOKEN": frozen.token or "",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }
    return {name: value for name, value in variables.items() if value}
