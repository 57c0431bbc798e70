"""The repositories of a project's images, and who may push to them."""
