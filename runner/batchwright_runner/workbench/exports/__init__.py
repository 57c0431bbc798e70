"""What other schedulers take: jobs and lines that start a stage's batches, made from their declarations.

job.py               what every scheduler needs: batches, sections of batchwright.toml, the look for missed runs
rundeck.py           a job of Rundeck, and Rundeck's own form of its files
rundeck_settings.py  [rundeck] of batchwright.toml, the runner that its jobs call, and their notifications
crontab.py           a line for each batch
files.py             what was made goes to stdout, into files, or is compared
"""
