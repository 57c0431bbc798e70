"""Batches that really call S3, SQS and SES, of an emulator on this machine, under the recorder."""
