"""What a change to the declarations does to each batch: two assemblies compared, in words."""
