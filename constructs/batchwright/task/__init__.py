"""A batch's task definition: containers, values, sizes."""
