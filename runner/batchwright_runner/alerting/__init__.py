"""The function of a stage's alerts, as AWS Lambda runs it: it reads, has it decided, and sends messages.

It decides nothing itself (`batchwright_runner.contract.alerting` does), and imports the contract and the AWS SDK alone.
"""
