"""Runs a batch in containers of this machine, through Docker or Podman, with the semantics of an ECS task."""
