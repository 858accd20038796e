"""Floor 5: what each command of the command line does."""
