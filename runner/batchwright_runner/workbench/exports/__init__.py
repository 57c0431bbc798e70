"""What other schedulers take: jobs and lines that start a stage's batches, made from their declarations.

job.py                what every scheduler needs to know of a batch
chosen.py             the batches that a scheduler starts
rundeck.py            a job of Rundeck
rundeck_settings.py   [rundeck] of batchwright.toml
rundeck_notification  its notifications
rundeck_runner.py     the job that pulls the runner's image
rundeck_yaml.py       Rundeck's own form of its job files
crontab.py, systemd.py, github_actions.py    a line, two units, a workflow for each batch
settings.py           sections of batchwright.toml
deliver.py            what was made goes to stdout, into files, or is compared
files.py              the files, written or compared
"""
