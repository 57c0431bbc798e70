"""The verbs, one file each, named as they are typed."""
