"""The walk of docs/permissions.md: from an empty role to what the sample needs, with the page's commands."""

import json
import shutil
from pathlib import Path

from tests.kit.command import Done, call, environment
from tests.recording.emulator import Emulator

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
IMPORTS = """from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sqs as sqs
"""
GRANTS = """        bucket = s3.Bucket.from_bucket_name(self, "Bucket", "new-orders")
        bucket.grant_read(self)
        bucket.grant_put(self)
        queue = "arn:aws:sqs:ap-northeast-1:111111111111:warehouse"
        sqs.Queue.from_queue_arn(self, "Queue", queue).grant_send_messages(self)
        ses.EmailIdentity.from_email_identity_name(self, "Identity", "example.com").grant_send_email(self)
"""
"""What the first report proposes, with the real names."""

EXACT = """        self.allow("s3:ListBucket", on="arn:aws:s3:::new-orders")
        self.allow("s3:GetObject", on="arn:aws:s3:::new-orders/new/*")
        self.allow("s3:PutObject", on="arn:aws:s3:::new-orders/done/*")
        queue = "arn:aws:sqs:ap-northeast-1:111111111111:warehouse"
        self.allow(["sqs:GetQueueUrl", "sqs:SendMessage"], on=queue)
        self.allow("ses:SendEmail", on="arn:aws:ses:ap-northeast-1:111111111111:identity/example.com")
"""
"""What is left when all that was never used goes."""


def project(root: Path) -> Path:
    """The sample's project, whose task role may do nothing."""
    shutil.copytree(HERE / "project", root, dirs_exist_ok=True)
    shutil.copytree(HERE / "app", root / "batches/order_mail/app")
    stage = {"account": "111111111111", "region": "ap-northeast-1", "subnets": ["subnet-1"], "vpc_id": "vpc-1"}
    data = {"app": "python app.py", "context": {"project": "batches", "stages": {"staging": stage}}}
    (root / "cdk.json").write_text(json.dumps(data))
    return root


def declare(root: Path, lines: str, imports: str = "") -> None:
    """Writes the declaration with these lines at its end."""
    text = (
        (HERE / "project/batches/order_mail/batch.py")
        .read_text()
        .replace("from constructs", f"{imports}from constructs", 1)
    )
    (root / "batches/order_mail/batch.py").write_text(f"{text}\n{lines}")


def record(root: Path, aws: Emulator) -> Done:
    """``batchwright run order-mail --local --record-permissions``, with the emulator for AWS."""
    names = [name for name in aws.variables if name.startswith("AWS_")]
    options = [word for name in names for word in ("-e", name)]
    return call(
        root, "run", "order-mail", "--local", "--record-permissions", *options, env=environment(**aws.variables)
    )


def show(root: Path) -> Done:
    """``batchwright permissions order-mail``."""
    return call(root, "permissions", "order-mail")
