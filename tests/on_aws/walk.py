"""What AWS is asked of a project that is deployed: each part a question, as many at once as can be."""

from collections.abc import Iterator

from tests.on_aws.claims import Seen
from tests.on_aws.trial import Part, Trial, judged

CDK = ("--no-notices", "--ci")


def deploy(trial: Trial) -> Iterator[Seen]:
    """Deploys everything at the first attempt."""
    trial.run("cdk", "bootstrap", *CDK)
    done = trial.run("cdk", "deploy", "--all", "--require-approval", "never", "--concurrency", "4", *CDK)
    yield judged("service-linked-role", done.code == 0, f"cdk deploy --all ended with {done.code}")


WALK: tuple[Part, ...] = (Part("deploy", deploy),)
