"""The AWS APIs that the runner uses, one module each."""
