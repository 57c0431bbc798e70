"""Jobs of other schedulers, read and written as batches of a project.

jobs.py, sources.py                      the jobs that were read, and how a file is read
rundeck.py, crontab.py                   the sources; task_definitions.py reads those of ECS
words.py, host_line.py                   a command line as its shell reads it; a line that ran on a host itself
steps.py, starters.py                    what a job starts: ecs-task, the AWS CLI, a team's own wrapper
stages.py, join.py                       which stage is meant, stages folded; jobs joined with task definitions
arguments.py, containers.py, batches.py  the arguments of a declaration, for one stage and for all
declaration.py                           the declaration as a Python source
origins.py, move.py                      all of it together
"""
