"""The function of a stage's alerts, as AWS Lambda runs it: it reads, calls what decides, and tells.

It decides nothing itself (`batchwright_runner.contract.alerting` does), and imports the contract and the AWS SDK alone.
"""
