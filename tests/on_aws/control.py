"""Whether an account evaluates policies at all: without that no answer proves that a policy is enough."""

import json
from typing import Any

from botocore.exceptions import ClientError

from tests.on_aws.account import TAG
from tests.on_aws.trial import Trial

NAME = "trial-without-rights"
REFUSED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


def evaluates_policies(trial: Trial) -> bool:
    """Asks with a role that has no rights at all, and so must be refused."""
    iam, account = trial.client("iam"), trial.account
    allowed = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    tags = [{"Key": TAG, "Value": "yes"}]
    arn = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=trust, Tags=tags)["Role"]["Arn"]
    try:
        found = trial.until(lambda: _assumed(trial, arn), 60)
        keys = {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }
        client = trial.session().client("ecs", region_name=trial.region, **keys)
        try:
            client.list_clusters()
        except ClientError as error:
            return error.response["Error"]["Code"] in REFUSED
        return False
    finally:
        iam.delete_role(RoleName=NAME)


def _assumed(trial: Trial, arn: str) -> Any:  # noqa: ANN401 - JSON
    """The role's credentials, once they are given: a new role takes seconds to be known everywhere."""
    try:
        return trial.client("sts").assume_role(RoleArn=arn, RoleSessionName="trial")["Credentials"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in REFUSED:
            raise
        return None
