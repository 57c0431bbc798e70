"""A Rails application: one image, many rake tasks."""
