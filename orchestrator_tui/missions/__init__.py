"""Floor 1: the durable mission queue."""
