"""Floor 4: the MCP endpoint and the hooks that agents call."""
