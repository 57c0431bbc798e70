"""Whether an account evaluates policies at all: without that no answer proves that a policy is enough."""

import json

from tests.on_aws.account import TAG
from tests.on_aws.acts import as_role, refused
from tests.on_aws.trial import NotWithin, Trial

NAME = "trial-without-rights"
KNOWN = 60.0
"""Seconds until a new role is known everywhere, at most."""
REFUSED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


def evaluates_policies(trial: Trial) -> bool:
    """Asks with a role that has no rights at all, and so must be refused."""
    iam, account = trial.client("iam"), trial.account
    allowed = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=trust, Tags=[{"Key": TAG, "Value": "yes"}])
    try:
        client = trial.until(lambda: refused(lambda: as_role(trial, NAME, "ecs"))[0], KNOWN, every=3)
        _, why = refused(client.list_clusters)
        return why.startswith(REFUSED)
    except NotWithin as error:
        raise SystemExit(
            f"make trial: no role can be taken within {KNOWN:g} s; the account's root may take none"
        ) from error
    finally:
        iam.delete_role(RoleName=NAME)
