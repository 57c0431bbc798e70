"""A task in Docker or Podman, as the ECS agent runs it.

`images` and `task_plan` decide what is made, `ground` and `network` what it stands on; `conductor` conducts it by
`order`, `health` and `watch`; `client` and `engine` speak to the engine.
"""
