"""Runs of the synthesized batches on this machine.

`run` prepares one and `backends` chooses what it runs in; `values`, `stage_values`, `credentials` and `config_files`
are what it gets; `attempts` follows it; `containers` and `process` run it, `workflows` the steps of a workflow.
"""
