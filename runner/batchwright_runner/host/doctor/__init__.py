"""What doctor looks at: the settings, this machine, the way to AWS. It changes nothing."""
