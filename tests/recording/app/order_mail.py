"""Mails each new order, and tells the warehouse: the sample of docs/permissions.md."""

import os

import boto3


def main() -> None:
    """Reads the orders' files, sends a message and a mail for each, and marks it as done."""
    bucket = os.environ["BUCKET"]
    s3, sqs, ses = boto3.client("s3"), boto3.client("sqs"), boto3.client("ses")
    queue = sqs.get_queue_url(QueueName=os.environ["QUEUE"])["QueueUrl"]
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="new/"):
        for item in page.get("Contents", []):
            order = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode()
            sqs.send_message(QueueUrl=queue, MessageBody=order)
            ses.send_email(
                Source="orders@example.com",
                Destination={"ToAddresses": ["warehouse@example.com"]},
                Message={"Subject": {"Data": item["Key"]}, "Body": {"Text": {"Data": order}}},
            )
            s3.put_object(Bucket=bucket, Key=item["Key"].replace("new/", "done/"), Body=order)
            print(f"mailed {item['Key']}")


if __name__ == "__main__":
    main()
