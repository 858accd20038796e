"""Floor 0: values and pure decisions. No I/O, no clock read."""
