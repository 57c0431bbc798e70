"""Jobs of other schedulers, read and written as batches of a project.

jobs.py, sources.py                      the jobs that were read, and how a file is read
rundeck.py, crontab.py                   the sources; task_definitions.py reads those of ECS
lines.py, words.py, starters.py          what a line does: one start of a task, one command of a host, or the whole line
stages.py, join.py                       which stage is meant, and what others have; jobs joined with task definitions
arguments.py, containers.py, batches.py  the arguments of a declaration, for the stage that is read
declaration.py                           the declaration as a Python source
origins.py, move.py                      all of it together
"""
