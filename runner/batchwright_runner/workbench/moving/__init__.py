"""Jobs of other schedulers, read and written as batches of a project.

found.py, sources.py                     what was found, and how a file is read
rundeck.py, crontab.py, copilot.py       the sources; task_definitions.py reads what ECS says
steps.py, flags.py, words.py             what a job starts: ecs-task, the AWS CLI, a wrapper of the house
stages.py, join.py                       which stage is meant; jobs and task definitions, joined by family
arguments.py, containers.py, fold.py     what a batch's declaration says, of one stage and of all
python.py, declaration.py                the declaration as a Python source
move.py                                  all of it together
"""
