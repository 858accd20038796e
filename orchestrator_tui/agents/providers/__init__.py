"""The programs that an agent can be."""
