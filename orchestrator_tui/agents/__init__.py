"""Floor 2: who runs a mission, where, and with which program."""
