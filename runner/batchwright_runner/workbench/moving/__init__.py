"""Jobs of other schedulers, read and written as batches of a project.

jobs.py, sources.py                      the jobs that were read, and how a file is read
rundeck.py, crontab.py                   the sources; task_definitions.py reads those of ECS
lines.py, words.py                       what a line does: one start of a task, one command of a host, or the whole line
stages.py, join.py, workflows.py         which stage is meant; jobs joined with task definitions, and with each other
arguments.py, containers.py, batches.py  the arguments of a declaration, for the stage that is read
declaration.py, move.py                  the declaration as a Python source; all of it together
"""
