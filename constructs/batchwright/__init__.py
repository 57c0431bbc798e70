"""Declare a batch for AWS Fargate as one CDK construct."""
