"""What other schedulers take: jobs and lines that start a stage's batches, made from their declarations.

job.py                what every scheduler needs to know of a batch, and the batches that one starts
rundeck.py            a job of Rundeck
rundeck_settings.py   [rundeck] of batchwright.toml, and the runner that its jobs call
rundeck_notification  its notifications
rundeck_yaml.py       Rundeck's own form of its job files
crontab.py            a line for each batch
morning.py            the look for missed runs that each of both has
settings.py           sections of batchwright.toml
files.py              what was made goes to stdout, into files, or is compared
"""
