"""Floor 4: the dashboard in a browser; every tab is a viewer in a process of its own."""
