"""The whole way that an SRE and a scheduler go, with software that others wrote.

The CDK's command deploys into an emulator of AWS. A Docker Engine builds, pushes, pulls and runs. The installed command
``batchwright`` runs the batches. All of it lives in Linux namespaces of its own, for network, mounts and processes:
when they end nothing of it is left, whatever happened inside.

``make e2e`` installs what it needs, and starts it.
"""
