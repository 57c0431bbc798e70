"""What this machine and this project say of a project: batchwright.toml, cdk.json, and which of them wins."""
