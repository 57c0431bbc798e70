"""Runs of workflows on AWS: started, followed, stopped and shown. Loaded where a name is a workflow's."""
