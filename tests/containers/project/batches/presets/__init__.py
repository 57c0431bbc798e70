"""Config files, and Datadog's Agent."""
