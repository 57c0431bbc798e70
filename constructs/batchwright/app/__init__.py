"""The app: cdk.json, the search for batches, a stack for each."""
