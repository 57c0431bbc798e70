"""What other schedulers take: jobs and lines that start a stage's batches, made from their declarations.

job.py                what every scheduler needs to know of a batch
rundeck.py            a job of Rundeck
rundeck_settings.py   [rundeck] of batchwright.toml
rundeck_yaml.py       Rundeck's own form of its job files
files.py              the files, written or compared
"""
