"""Runs on AWS Fargate."""
